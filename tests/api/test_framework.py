"""Who is let in, how bodies are read, how refusals read: shown on clients, the same for every resource."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.api import keys, rates
from fsm.api.bodies import from_form, from_xml
from fsm.api.errors import BadRequestError
from fsm.api.models import ApiKey
from fsm.core.db import session, writing
from fsm.customers.models import Customer
from fsm.users import passwords
from fsm.users.models import Role
from tests import factories
from tests.api.conftest import ApiClient

on_one_engine = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
SHOP = {"name": "IT Services BVBA", "country_code": "BE", "city": "Gent", "number": "C-17"}


def made(api: ApiClient, **values: Any) -> int:
    answer = api.post("clients", SHOP | values)
    assert answer.status_code == 201, answer.text
    return int(answer.get_json()["client_id"])


@pytest.mark.database
def test_create_read_change_replace_archive(api: ApiClient) -> None:
    answer = api.post("clients", SHOP)
    client_id = answer.get_json()["client_id"]
    uri = f"http://localhost/api/v1/clients/{client_id}"
    assert (answer.status_code, answer.headers["Location"]) == (201, uri)
    assert answer.get_json() == {"success": "client created", "client_id": client_id, "uri": uri}
    api.post(f"clients/{client_id}", {"days_due": "14", "delivery_address": {"city": "Luik", "country_code": "BE"}})
    row = api.get(f"clients/{client_id}").get_json()
    assert {name: row[name] for name in SHOP} == SHOP
    assert (row["days_due"], row["country"], row["delivery_address"]["city"]) == (14, "Belgium", "Luik")
    assert api.put(f"clients/{client_id}", {"name": "IT Services"}).status_code == 200
    row = api.get(f"clients/{client_id}").get_json()
    assert (row["name"], row["city"], row["days_due"], row["delivery_address"]) == ("IT Services", "", None, None)
    assert api.delete(f"clients/{client_id}").get_json() == {"success": "client removed"}
    assert api.get("clients").get_json() == []
    assert api.get("clients?filter=state=archived&fields=client_id").get_json() == [{"client_id": client_id}]


@pytest.mark.database
@on_one_engine
def test_xml_both_ways_and_form_bodies(api: ApiClient) -> None:
    answer = api.post("clients", "<client><name>Été &amp; Fils</name><country_code>FR</country_code></client>")
    assert answer.mimetype == "application/xml"
    assert "<data><success>client created</success><client_id>1</client_id>" in answer.text
    assert "<client><client_id>1</client_id>" in api.get("clients/1?format=xml").text
    listed = api.get("clients", headers={"Accept": "application/xml"}).text
    assert listed.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<clients><client><client_id>1</client_id>')
    assert "<name>Été &amp; Fils</name>" in listed
    refused = api.post("clients", "<client><nom>x</nom></client>")
    assert (refused.status_code, refused.text[39:]) == (400, "<data><error>nom is not a field</error></data>")
    body = {"name": "Formulier", "delivery_address[city]": "Gent", "delivery_address[country_code]": "BE"}
    answer = api.send("POST", "clients", data=body)
    assert answer.get_json()["client_id"] == 2
    assert api.get("clients/2").get_json()["delivery_address"]["city"] == "Gent"
    assert "client_id,uri," in api.get("clients?format=csv").text


@pytest.mark.database
@on_one_engine
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": ""}, "name is required"),
        ({}, "name is required"),
        ({"name": "x" * 101}, "name may have at most 100 characters"),
        ({"name": "x", "days_due": 1000}, "days_due must be between 0 and 999"),
        ({"name": "x", "days_due": "many"}, "days_due must be a whole number"),
        ({"name": "x", "colour": "red"}, "colour is not a field"),
        ({"name": "x", "is_business": "maybe"}, "is_business must be yes or no"),
        (
            {"name": "x", "delivery_address": {"country_code": "be"}},
            "delivery_address.country_code is not written as it must be",
        ),
        ({"name": "x", "country_code": "QQ"}, "country_code: There is no such country."),
        ({"name": "x", "tax_code": "BE0403170702"}, "tax_code: "),
        ([], "The body must be one thing with its fields."),
        ({"name": "a\0b"}, "There is a control character in the body."),
    ],
)
def test_bad_input_is_a_400_that_names_the_field(body: Any, error: str, api: ApiClient) -> None:
    answer = api.post("clients", body)
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith(error)


@pytest.mark.database
@on_one_engine
@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("{", "application/json"),
        ('{"name": NaN}', "application/json"),
        ("[" * 5000, "application/json"),
        ("<client>", "application/xml"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><client><name>&b;</name></client>', "application/xml"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><client><name>x</name></client>', "application/xml"),
        ('{"name": "x", "days_due": 1e999999}', "application/json"),
        ('{"name": "x", "days_due": ' + "9" * 5000 + "}", "application/json"),
    ],
)
def test_a_broken_body_is_a_400(text: str, content_type: str, api: ApiClient) -> None:
    answer = api.send("POST", "clients", text, content_type=content_type)
    assert answer.status_code == 400, answer.text


@pytest.mark.database
@on_one_engine
def test_other_refusals(api: ApiClient) -> None:
    assert api.get("clients/99").get_json() == {"error": "There is no client 99."}
    refused = api.send("PATCH", "clients")
    assert (refused.status_code, sorted(refused.headers["Allow"].split(", "))) == (
        405,
        ["GET", "HEAD", "OPTIONS", "POST"],
    )
    assert api.get("nothing").status_code == 404
    assert api.get("clients/99999999999999999999").status_code == 404
    assert api.post("clients", "x" * (8 * 1024 * 1024 + 1)).status_code == 413
    for query in (
        "skip=10001",
        "take=101",
        "sort=city",
        "fields=colour",
        "filter=colour=red",
        "filter=name",
        "take=&take=2",
        "fields=name&fields=city",
    ):
        answer = api.get(f"clients?{query}")
        assert answer.status_code == 400, query
        assert answer.get_json()["error"].startswith(query.partition("=")[0]), answer.text
    assert "client_id__gt__" in api.get("clients?skip=10001").get_json()["error"]


@pytest.mark.database
def test_filters_in_both_spellings_sort_and_pages(api: ApiClient) -> None:
    with writing():
        ids = [
            factories.make_customer(name=f"Klant, {place}", billing_city="Gent" if place % 2 else "Aalst").id
            for place in range(5)
        ]
    made(api)

    def names(query: str) -> list[str]:
        answer = api.get(f"clients?fields=name&{query}")
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in answer.get_json()]

    assert (
        names("filter=number__eq__C-17")
        == names("filter=number=C-17")
        == names("filter=number%3DC-17")
        == [SHOP["name"]]
    )
    second, fourth = ids[1], ids[3]
    expected = ["Klant, 1", "Klant, 2"]
    assert names(f"filter=client_id__ge__{second},client_id__lt__{fourth}") == expected
    assert names(f"filter=client_id>={second},client_id<{fourth}") == expected
    assert names("filter=city!=Gent") == ["Klant, 0", "Klant, 2", "Klant, 4"]
    assert names("filter=name=~LANT") == [f"Klant, {place}" for place in range(5)]
    assert names('filter=name="Klant, 3"') == ["Klant, 3"]
    assert names("search=klant+3") == ["Klant, 3"]
    assert names("sort=-client_id&take=2") == [SHOP["name"], "Klant, 4"]
    assert names("skip=4") == ["Klant, 4", SHOP["name"]]
    seen, address = [], "clients?take=4&sort=sort_name&skip=1&fields=name"
    for _round in range(2):
        answer = api.get(address)
        seen += [row["name"] for row in answer.get_json()]
        address = (
            answer.headers.get("Link", "<http://localhost/api/v1/>")[1:]
            .partition(">")[0]
            .removeprefix("http://localhost/api/v1/")
        )
    assert seen == ["Klant, 0", "Klant, 1", "Klant, 2", "Klant, 3", "Klant, 4"]


@pytest.mark.database
def test_bulk_is_all_or_nothing(api: ApiClient) -> None:
    rows = [{"name": "A"}, {"name": "B", "number": "1"}, {"name": "C", "number": "1"}, {"days_due": 3}]
    refused = api.post("clients?bulk", rows)
    assert refused.status_code == 400
    assert refused.get_json() == {
        "error": "2 of 4 rows are wrong; nothing was created.",
        "errors": [
            {"row": 3, "error": "number: Another customer has this number."},
            {"row": 4, "error": "name is required"},
        ],
    }
    assert session.scalar(sa.select(sa.func.count()).select_from(Customer)) == 0
    assert len(api.post("clients?bulk", rows[:2]).get_json()["clients"]) == 2
    assert api.post("clients?bulk", [{"name": "x"}] * 101).status_code == 400
    xml = "<clients><client><name>D</name></client><client><name>E</name></client></clients>"
    assert api.post("clients?bulk", xml).status_code == 201


@pytest.mark.database
def test_the_same_key_twice(api: ApiClient) -> None:
    headers = {"Idempotency-Key": "0123456789abcdef"}
    first, again = (api.post("clients", SHOP, headers=headers) for _round in range(2))
    assert (first.status_code, again.status_code, again.headers["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.get_json() == again.get_json()
    assert api.post("clients", SHOP | {"city": "Luik"}, headers=headers).status_code == 422
    for wrong in ("x", "", "with a space", "{}{}{}{}", "k" * 65):
        assert api.post("clients", SHOP, headers={"Idempotency-Key": wrong}).status_code == 400, wrong
    assert api.post("clients", SHOP).status_code == 400  # without a key it is another request: the number is taken


@pytest.mark.database
@on_one_engine
def test_if_match(api: ApiClient) -> None:
    client_id = made(api)
    answer = api.get(f"clients/{client_id}")
    tag = answer.headers["ETag"]
    assert api.get(f"clients/{client_id}", headers={"If-None-Match": tag}).status_code == 304
    changed = api.post(f"clients/{client_id}", {"city": "Luik"}, headers={"If-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] == tag) == (200, False)
    for old in (tag, f'"{"0" * 32}", {tag}', f"W/{changed.headers['ETag']}"):
        assert api.post(f"clients/{client_id}", {"city": "Gent"}, headers={"If-Match": old}).status_code == 412, old
    for wrong in ("", "0", tag.strip('"'), "{}"):
        refused = api.post(f"clients/{client_id}", {"city": "Gent"}, headers={"If-Match": wrong})
        assert (refused.status_code, refused.get_json()["error"]) == (
            400,
            "If-Match must be the ETag of an answer, or *.",
        )
        site = api.post(f"clients/{client_id}/sites", {"name": "Depot"}, headers={"If-Match": wrong})
        assert site.status_code == 400
    assert api.get(f"clients/{client_id}").get_json()["city"] == "Luik"
    assert api.post(f"clients/{client_id}", {"city": "Gent"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.database
@on_one_engine
def test_a_site_has_its_place_on_the_map_or_none(api: ApiClient) -> None:
    client_id = api.post("clients", SHOP).get_json()["client_id"]
    sites = f"clients/{client_id}/sites"
    made = api.post(sites, {"name": "Depot", "latitude": 51.0543, "longitude": "-3.717400"})
    assert made.status_code == 201, made.text
    site_id = api.get(sites).get_json()[-1]["site_id"]

    def place() -> tuple[str | None, str | None]:
        site = next(one for one in api.get(sites).get_json() if one["site_id"] == site_id)
        return site.get("latitude"), site.get("longitude")

    assert place() == ("51.0543", "-3.7174")
    for wrong, field in (
        ({"latitude": 90.5}, "latitude"),
        ({"longitude": "-180.1"}, "longitude"),
        ({"latitude": "51.0543217"}, "latitude"),
    ):
        refused = api.post(f"{sites}/{site_id}", wrong)
        assert (refused.status_code, field in refused.text) == (400, True), refused.text
    half = api.post(sites, {"name": "Half", "latitude": 51})
    assert (half.status_code, half.get_json()["error"]) == (
        400,
        "longitude: A place on the map has a latitude and a longitude.",
    )
    assert api.post(f"{sites}/{site_id}", {"latitude": "50.5"}).status_code == 200
    assert place() == ("50.5", "-3.7174")


@pytest.mark.database
@on_one_engine
def test_system_fields_are_ignored_and_named(api: ApiClient) -> None:
    answer = api.post("clients", SHOP | {"client_id": 77, "country": "Mars", "uri": ""})
    assert answer.status_code == 201
    assert answer.headers["Warning"] == '299 - "the system sets client_id, country, uri: ignored"'


@pytest.mark.database
@on_one_engine
def test_who_is_let_in(app: Flask, api: ApiClient, api_for: Callable[..., ApiClient]) -> None:
    client = app.test_client(use_cookies=False)

    def status(**headers: str) -> int:
        return client.get("/api/v1/clients", headers=headers).status_code

    def basic(name: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    assert status(**{"X-API-Key": api.token, "X-AccountId": "5"}) == 200
    assert status(Authorization=basic("office@test.example", factories.PASSWORD)) == 200
    assert status(Authorization=basic("anything", api.token)) == 200
    assert status(Authorization=f"Bearer {api.token}") == 200
    refused = client.get("/api/v1/clients")
    assert (refused.status_code, "Basic" in refused.headers["WWW-Authenticate"]) == (401, True)
    assert refused.get_json()["error"]
    for header in (basic("office@test.example", "wrong"), "Basic ???", "Digest x", f"Bearer {api.token}x"):
        assert status(Authorization=header) == 401, header
    assert api_for(Role.TECHNICIAN).get("clients").status_code == 403
    assert api_for(Role.ACCOUNTANT).post("clients", SHOP).status_code == 403


@pytest.mark.database
def test_a_revoked_key_is_dead_at_once(api: ApiClient) -> None:
    assert api.get("clients").status_code == 200
    row = session.scalars(sa.select(ApiKey)).one()
    assert row.last_used_at is not None
    with writing():
        keys.revoke(row.id)
    assert api.get("clients").status_code == 401


@pytest.mark.database
@on_one_engine
def test_a_wrong_key_costs_what_a_right_or_a_revoked_one_does(app: Flask, api: ApiClient, count_queries: Any) -> None:
    """The same statements, whatever is shown: what is compared is a hash, which nobody can approach."""
    assert keys.holder_of(api.token)
    with writing():
        keys.revoke(session.scalars(sa.select(ApiKey.id)).one())
    seen = set()
    for token in (api.token, "fsm_" + "x" * 43, "é"):
        session.rollback()
        with count_queries() as statements:
            assert keys.holder_of(token) is None
        seen.add(tuple(statements))
    assert len(seen) == 1


@pytest.mark.database
@on_one_engine
def test_a_refused_request_does_the_same_work_whatever_was_wrong(
    app: Flask, api: ApiClient, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements and hashes for a key that never was, one nearly right, a revoked one; and for passwords."""
    with writing():
        keys.revoke(session.scalars(sa.select(ApiKey.id)).one())
    hashes: list[str] = []
    hashed, verify = keys.hashed, passwords.verify
    monkeypatch.setattr(keys, "hashed", lambda token: hashes.append("sha256") or hashed(token))
    monkeypatch.setattr(passwords, "verify", lambda *pair: hashes.append("argon2") or verify(*pair))
    client = app.test_client(use_cookies=False)

    def work(**headers: str) -> tuple[Any, ...]:
        hashes.clear()
        with count_queries() as statements:
            answer = client.get("/api/v1/invoices", headers=headers)
        # A failed password is kept for a while, which its own table tells apart: what comes after is not the caller's.
        told = [text for text in statements if "login_failure" not in text]
        return answer.status_code, answer.get_json(), tuple(hashes), tuple(told)

    wrong = ("fsm_" + "x" * 43, api.token[:-1] + ("a" if api.token[-1] != "a" else "b"), api.token, "é", "x")
    (of_keys,) = {repr(work(**{"X-API-Key": key})) for key in wrong}
    assert "('sha256',)" in of_keys
    assert "(401, " in of_keys

    def basic(name: str, password: str) -> str:
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    people = (("office@test.example", "wrong"), ("nobody@test.example", "wrong"), ("x", ""))
    (of_people,) = {repr(work(Authorization=basic(*one))) for one in people}
    assert "('argon2',)" in of_people


@pytest.mark.database
@on_one_engine
def test_a_cookie_needs_its_token_a_key_does_not(app: Flask, client_for: Any, api: ApiClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    person = client_for(Role.OFFICE)
    assert person.post("/api/v1/clients", json=SHOP).status_code == 201
    app.config["WTF_CSRF_ENABLED"] = True
    assert person.get("/api/v1/clients").status_code == 200
    assert person.post("/api/v1/clients", json={"name": "x"}).status_code == 400
    assert api.post("clients", {"name": "x"}).status_code == 201


@pytest.mark.database
def test_the_limit_of_a_minute(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates.time, "time", lambda: 1_790_000_000.0)
    with writing():
        token = keys.create("Small", [Role.OFFICE], actor_id=None, requests_per_minute=30).token
    api = ApiClient(app, token)
    answers = [api.get("clients?take=1") for _round in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert (answers[0].headers["X-RateLimit-Limit"], answers[0].headers["X-RateLimit-Remaining"]) == ("30", "29")
    assert int(answers[-1].headers["Retry-After"]) > 0
    monkeypatch.setattr(rates.time, "time", lambda: 1_790_000_060.0)
    assert api.get("clients?take=1").status_code == 200


def test_what_xml_and_forms_become() -> None:
    text = b"<invoice><items><item><a>1</a></item></items><note_html><![CDATA[<p>x</p>]]></note_html><tags/></invoice>"
    assert from_xml(text) == {"items": [{"a": "1"}], "note_html": "<p>x</p>", "tags": ""}
    assert from_form({"items[1][a]": "2", "items[0][a]": "1", "b": "3"}) == {
        "items": [{"a": "1"}, {"a": "2"}],
        "b": "3",
    }
    with pytest.raises(BadRequestError):
        from_xml(b"<a><b>1</b><b>2</b></a>")
