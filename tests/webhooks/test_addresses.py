"""Where webhooks may go: nobody reaches the neighbours of the machine by a page of settings."""

import socket
from typing import Any

import pytest
from flask import Flask

from fsm.core.errors import DomainError
from fsm.webhooks import addresses, sending

pytestmark = [pytest.mark.database, pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)]
REFUSED = (
    "http://shop.example.com/hooks",
    "https://user:secret@shop.example.com/",
    "https://shop.example.com/#part",
    "ftp://shop.example.com/",
    "https://",
    "https://shop.example.com:0/",
    "https://shop example.com/",
    "https://sh\N{LATIN SMALL LETTER O WITH DIAERESIS}p.example.com/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1:8443/",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[2002:a00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "http://127.0.0.1:8080/",
)


@pytest.mark.parametrize("url", REFUSED)
def test_refused_when_it_is_typed(database: Flask, url: str) -> None:
    with pytest.raises(DomainError) as refused:
        addresses.check(url)
    assert refused.value.field == "url"


@pytest.mark.parametrize(
    "url", ["https://shop.example.com/hooks?a=1", "https://93.184.216.34:8443/", "https://[2606:4700::1111]/"]
)
def test_taken(database: Flask, url: str) -> None:
    addresses.check(url)


def test_networks_that_the_operator_names(database: Flask) -> None:
    database.config["WEBHOOK_NETWORKS"] = "127.0.0.0/8, 10.1.0.0/16"
    addresses.check("http://localhost:8080/hooks")
    addresses.check("https://10.1.2.3/hooks")
    for url in ("http://10.1.2.3/hooks", "https://10.2.0.1/hooks", "http://shop.example.com/"):
        with pytest.raises(DomainError):
            addresses.check(url)
    with pytest.raises(ValueError, match="10"):
        addresses.networks_of("10.1.2")


@pytest.mark.parametrize("found", [["10.0.0.5"], ["93.184.216.34", "127.0.0.1"], ["::ffff:192.168.0.1"]])
def test_a_name_that_leads_inside_is_refused_at_each_try(
    database: Flask, monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    """What the name meant when it was typed says nothing about later; no connection is made."""

    def lookup(*_arguments: Any, **_known: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]

    def connect(*_arguments: Any, **_known: Any) -> socket.socket:
        raise AssertionError

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket, "create_connection", connect)
    answer = sending.post("https://shop.example.com/hooks", b"{}", {})
    assert (answer.is_reached, answer.error.endswith("is not on the public internet.")) == (False, True)
