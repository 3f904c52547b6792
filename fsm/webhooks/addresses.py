"""Which addresses webhooks may go to: those of the public internet by HTTPS, and networks that the machine's operator names.

Whoever may change settings must not reach the neighbours of the machine by them (server-side request forgery). So a
name is resolved just before each try, each of its addresses is looked at, and the connection goes to the very address
that was looked at. The networks beside the public ones stand in the environment, where no page writes.
"""

import ipaddress
import os
import re
import socket
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from flask import Flask, current_app
from flask_babel import gettext as _

from fsm.core.errors import DomainError

LENGTH = 500
HTTP, HTTPS = 80, 443
MOST_ADDRESSES = 3
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # IPv4 behind NAT64


class RefusedAddressError(Exception):
    """The address may not be reached, or there is none of this name."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart."""

    host: str
    port: int
    path: str
    is_secure: bool


def init_app(app: Flask) -> None:
    """Read ``FSM_WEBHOOK_NETWORKS``; ValueError for one that is no network, so that the program does not start."""
    text = app.config.setdefault("WEBHOOK_NETWORKS", os.environ.get("FSM_WEBHOOK_NETWORKS", ""))
    networks_of(text)


def networks_of(text: str) -> tuple[Network, ...]:
    """``127.0.0.0/8, 10.1.2.3`` as networks. ValueError."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def target_of(url: str) -> Target:
    """Take a URL apart. DomainError at ``url`` where webhooks could never go there."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused() from None
    host = parts.hostname or ""
    is_sound = parts.scheme in {"http", "https"} and _HOST.fullmatch(host) and port != 0 and len(url) <= LENGTH
    if not is_sound or not url.isascii() or re.search(r"[\s\\<>\"'\x00-\x1f\x7f]", url):
        raise _refused()
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise DomainError(_("Without name, password or “#”: the signature shows who sends."), "url")
    is_secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or (HTTPS if is_secure else HTTP), path, is_secure)


def _refused() -> DomainError:
    return DomainError(_("An address such as https://shop.example.com/hooks"), "url")


def check(url: str) -> None:
    """What can be told without asking for the name. DomainError at ``url``."""
    target = target_of(url)
    known = _literal(target.host)
    if known is not None and not is_allowed(known):
        raise DomainError(_("This address is not on the public internet."), "url")
    if not target.is_secure and (known is None or not known.is_loopback):
        raise DomainError(_("Only https: others could read what is sent."), "url")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None


def is_allowed(address: Address) -> bool:
    """Public, or in a network that the operator named."""
    real = _real(address)
    named = networks_of(current_app.config["WEBHOOK_NETWORKS"])
    if any(real.version == network.version and real in network for network in named):
        return True
    return real.is_global and not real.is_multicast and not real.is_reserved


def _real(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that stands for it."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def resolved(target: Target) -> list[str]:
    """The addresses to connect to. RefusedAddressError where one of them may not be reached, or there is none."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RefusedAddressError(_("There is no address of this name: %(why)s", why=error)) from error
    texts = list(dict.fromkeys(str(row[4][0]) for row in found))
    addresses = [ipaddress.ip_address(text.partition("%")[0]) for text in texts]
    refused = [address for address in addresses if not is_allowed(address)]
    if refused:
        raise RefusedAddressError(_("%(address)s is not on the public internet.", address=refused[0]))
    if not target.is_secure and not all(address.is_loopback for address in addresses):
        raise RefusedAddressError(_("Only https: others could read what is sent."))
    return texts[:MOST_ADDRESSES]
