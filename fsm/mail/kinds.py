"""Kinds of messages: what each is called, which placeholders it knows, and the text shipped in four languages."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l

LANGUAGES = ("dutch", "french", "english", "german")  # S3's words
CODES = {"dutch": "nl", "french": "fr", "english": "en", "german": "de"}
ENGLISH = "english"

# What each placeholder is, and how it reads in a preview without a record.
PLACEHOLDERS: dict[str, tuple[Any, str]] = {
    "company": (_l("Our name"), "Warmtebedrijf NV"),
    "customer": (_l("Name of the customer"), "Bakkerij Peeters"),
    "contact": (_l("Names of those it is for"), "An Peeters"),
    "number": (_l("Number of the document"), "2600123"),
    "date": (_l("Date of the document"), "20/03/2026"),
    "reference": (_l("The customer's own reference"), "PO 4711"),
    "total": (_l("Total with VAT"), "€ 1.210,00"),
    "amount_due": (_l("Amount due when it leaves; empty when nothing is due"), "€ 1.210,00"),
    "due_date": (_l("Due date; empty without a term, or when nothing is due"), "19/04/2026"),
    "payment_reference": (_l("Structured message, else the number; empty when nothing is due"), "+++278/7810/35591+++"),
    "iban": (_l("Account to pay on; empty when nothing is due"), "BE68 5390 0754 7034"),
    "open_amount": (
        _l("All that the customer owes when it leaves; empty when it is this document alone"),
        "€ 1.815,00",
    ),
    "corrects": (_l("Number of the invoice that it corrects"), "2600120"),
    "valid_until": (_l("Last day of the quote"), "19/04/2026"),
    "site": (_l("Where the work is"), "Dorpsstraat 1, 9000 Gent"),
    "visit_day": (_l("Day of the visit"), "24/03/2026"),
    "visit_from": (_l("From"), "09:00"),
    "visit_until": (_l("Until"), "12:00"),
    "technician": (_l("Name of the technician"), "Tom"),
    "visit_before": (_l("Day and hour that it was planned for before"), "23/03/2026, 09:00"),
    "description": (_l("Description of the work"), "Onderhoud verwarmingsketel"),
    "report": (_l("What was done, as the work report says it"), "Brander gereinigd, druk bijgesteld."),
    "link": (_l("Where to see it online; empty where no address of ours is set"), "https://fsm.example/view/…"),
}
_ALL = ("company", "customer", "contact", "number", "date", "reference", "total", "link")
_DUE = ("amount_due", "due_date", "payment_reference", "iban", "open_amount")
_VISIT = (
    *("company", "customer", "contact", "number", "reference", "site"),
    *("visit_day", "visit_from", "visit_until", "technician", "description"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. ``live``: placeholders whose text is read when the message leaves, not when it is written."""

    name: str
    label: Any
    placeholders: tuple[str, ...]
    live: frozenset[str] = frozenset({"link", "contact"})


LIVE_AMOUNTS = frozenset({"amount_due", "due_date", "payment_reference", "iban", "open_amount", "link", "contact"})
KINDS = {
    kind.name: kind
    for kind in (
        Kind("invoice", _l("Invoice"), (*_ALL, *_DUE), LIVE_AMOUNTS),
        Kind("deposit", _l("Deposit invoice"), (*_ALL, *_DUE), LIVE_AMOUNTS),
        Kind("credit_note", _l("Credit note"), (*_ALL, "corrects")),
        Kind("quote", _l("Quote"), (*_ALL, "valid_until")),
        Kind("sales_order", _l("Sales order"), _ALL),
        Kind("visit_booked", _l("Visit booked"), _VISIT),
        Kind("visit_moved", _l("Visit moved"), (*_VISIT, "visit_before")),
        Kind("visit_cancelled", _l("Visit cancelled"), _VISIT),
        Kind("visit_on_my_way", _l("Technician on the way"), _VISIT),
        Kind("visit_done", _l("Work done"), (*_VISIT, "report")),
        Kind("accountant", _l("To the accountant"), ("company", "customer", "number", "date", "reference", "total")),
        Kind("test", _l("Test"), ("company",)),
    )
}


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body, with placeholders."""

    subject: str
    body: str


@cache
def _shipped() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads((Path(__file__).parent / "texts.toml").read_text("utf-8"))


def shipped(kind: str, language: str) -> Text:
    """The text that comes with the program."""
    text = _shipped()[kind][language]
    return Text(text["subject"], text["body"].strip("\n"))


def samples(kind: str) -> dict[str, str]:
    """What a preview without a record shows for each placeholder of a kind."""
    return {name: PLACEHOLDERS[name][1] for name in KINDS[kind].placeholders}
