"""Rows of stock items and of labor rates."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fsm.catalog import importing, services
from fsm.catalog.forms import HIGHEST_PRICE
from fsm.catalog.models import LaborRate, RateKind, StockItem
from fsm.catalog.services import ItemValues, RateValues
from fsm.company.models import Company
from fsm.core.db import session
from fsm.imports.fields import choice, number, text, yes_no
from fsm.imports.judging import Seen, Weigher, stamp_of
from fsm.imports.models import Fate
from fsm.imports.rows import Judged, Problem, Row, RowReader
from fsm.ledger.models import Account

_ACCOUNT = text(
    "account_number",
    _l("Ledger account"),
    8,
    "account|ledgeraccount|glaccount|grootboekrekening|rekening"
    "|grootboek|compte|comptecomptable|codecomptable|konto|incomeaccount|accountancycode",
    example="700000",
)
_TAX_RATE = number(
    "tax_rate",
    _l("VAT rate"),
    2,
    0,
    100,
    "vat|vatrate|taxrate|tax|btw|btwpercentage|btwtarief|btwcode|tva"
    "|tauxtva|taxrate1|mwst|mwstsatz|steuersatz|vatpercentage",
    example="21",
    hint=_l("Percent; where it is not given, the company's default."),
)
ITEM_FIELDS = (
    text(
        "code",
        _l("Code"),
        20,
        "itemcode|sku|productcode|itemnumber|internalreference|defaultcode|reference|ref"
        "|artikelcode|artikelnummer|artikel|codearticle|refproduit|referenceproduit|artikelnr|product|productkey|nummer",
        required=True,
        example="FLT-1",
        hint=_l("By it an item is found again when the file is imported a second time."),
    ),
    text(
        "description",
        _l("Description"),
        500,
        "itemname|name|productname|label|omschrijving|naam|beschrijving|designation"
        "|libelle|description1|nom|bezeichnung|beschreibung|notes",
        required=True,
        example="Filter",
    ),
    text(
        "barcode",
        _l("Barcode"),
        40,
        "ean|ean13|gtin|streepjescode|codebarre|codebarres|strichcode",
        example="5412345678908",
    ),
    text("unit", _l("Unit"), 10, "uom|unitofmeasure|eenheid|unite|einheit|unitcode", example="st"),
    number(
        "sale_price",
        _l("Sale price"),
        4,
        0,
        HIGHEST_PRICE,
        "price|salesprice|saleprice|sellingprice|listprice|lstprice"
        "|unitprice|verkoopprijs|prijs|prixdevente|prix|prixvente|prixht|pvht|verkaufspreis|preis|cost",
        required=True,
        example="12,50",
        hint=_l("Without VAT."),
    ),
    number(
        "purchase_price",
        _l("Purchase price"),
        4,
        0,
        HIGHEST_PRICE,
        "purchaseprice|costprice|standardprice|aankoopprijs"
        "|inkoopprijs|kostprijs|prixachat|prixdachat|coutachat|prixderevient|einkaufspreis",
        example="7,80",
    ),
    _TAX_RATE,
    text("special_status", _l("Special VAT status"), 20, "vatstatus|specialstatus", hint=_l("Only at 0 %.")),
    _ACCOUNT,
    yes_no(
        "is_stock_tracked",
        _l("Goods: stock is tracked"),
        "tracked|trackstock|stock|voorraad|isstockitem|gestionstock|lagerartikel|suivistock",
        example="yes",
    ),
)
_RATE_KINDS = {
    **dict.fromkeys(
        (
            "labor",
            "labour",
            "work",
            "arbeid",
            "werk",
            "uurloon",
            "mainoeuvre",
            "travail",
            "arbeit",
            "heure",
            "uur",
            "hour",
        ),
        RateKind.LABOR,
    ),
    **dict.fromkeys(
        ("traveltime", "travel", "reistijd", "verplaatsingstijd", "tempsdedeplacement", "reisezeit"),
        RateKind.TRAVEL_TIME,
    ),
    **dict.fromkeys(
        ("distance", "km", "kilometer", "kilometre", "afstand", "kilometers", "entfernung"), RateKind.DISTANCE
    ),
    **dict.fromkeys(
        ("callout", "voorrijkosten", "verplaatsing", "deplacement", "forfaitdeplacement", "anfahrt"), RateKind.CALL_OUT
    ),
}
RATE_FIELDS = (
    text(
        "name",
        _l("Name"),
        80,
        "label|description|naam|omschrijving|nom|libelle|designation|bezeichnung",
        required=True,
        example="Technician",
        hint=_l("By it a rate is found again when the file is imported a second time."),
    ),
    choice(
        "kind",
        _l("Kind"),
        _RATE_KINDS,
        "labor, travel time, distance or call-out",
        required=True,
        example="labor",
        aliases="type|soort|sorte|genre|art",
    ),
    number(
        "price",
        _l("Price"),
        4,
        0,
        HIGHEST_PRICE,
        "rate|hourlyrate|saleprice|unitprice|prijs|tarief|uurtarief|prix|taux|tauxhoraire|preis|stundensatz",
        required=True,
        example="62,50",
        hint=_l("Per hour, kilometre or call-out, without VAT."),
    ),
    _TAX_RATE,
    _ACCOUNT,
    yes_no("is_default", _l("Default of its kind"), "default|standaard|defaut|pardefaut|standard", example="yes"),
)


class ItemJudge:
    """An item is found by its code."""

    def __init__(self, reader: RowReader, company: Company) -> None:
        self.reader = reader
        rules = importing.CatalogCheck(company)
        self.weigher = Weigher(ItemValues, ITEM_FIELDS, reader, check=rules.item, columns_of=services.item_columns)
        self.seen = Seen()

    def stamp(self) -> tuple[Any, ...]:
        """Items, and the chart that their accounts are in."""
        return stamp_of(StockItem, Account)

    def judge(self, rows: Sequence[Row]) -> list[Judged]:
        """One query for a lot."""
        found = importing.items_by_code({row.values["code"] for row in rows if "code" in row.values})
        judged = []
        for row in rows:
            code = row.values.get("code", "")
            if problem := code and self.seen.problem(code, row, self.reader.column_of("code"), code):
                row.problems.append(problem)
            item = found.get(code)
            warnings = [_("This item is archived.")] if item is not None and item.archived_at else []
            judged.append(self.weigher.weigh(row, item, row.values, label=code, more={}, warnings=warnings))
        session.expunge_all()
        return judged

    def write(self, judged: Sequence[Judged], progress: Callable[[int], None]) -> None:
        """By the owner of items."""
        new = [one.plan for one in judged if one.fate is Fate.NEW]
        importing.write(StockItem, new, [one.plan for one in judged if one.fate is Fate.CHANGED], progress)


class RateJudge:
    """A labor rate is found by its name; a kind of work has one default."""

    def __init__(self, reader: RowReader, company: Company) -> None:
        self.reader = reader
        rules = importing.CatalogCheck(company)
        self.weigher = Weigher(RateValues, RATE_FIELDS, reader, check=rules.rate, columns_of=services.rate_columns)
        self.seen, self.defaults = Seen(), Seen()

    def stamp(self) -> tuple[Any, ...]:
        """Rates, and the chart that their accounts are in."""
        return stamp_of(LaborRate, Account)

    def judge(self, rows: Sequence[Row]) -> list[Judged]:
        """One query for a lot."""
        found = importing.rates_by_name({row.values["name"] for row in rows if "name" in row.values})
        judged = []
        for row in rows:
            name = row.values.get("name", "")
            problems: list[Problem | None] = []
            if name:
                problems.append(self.seen.problem(name, row, self.reader.column_of("name"), name))
            if row.values.get("is_default") and "kind" in row.values:
                text_of = row.texts.get("is_default", "")
                column = self.reader.column_of("is_default")
                problems.append(self.defaults.problem(row.values["kind"], row, column, text_of))
            row.problems += [problem for problem in problems if problem]
            # "No" says nothing: a kind has a default whatever a file says, and this one may be it.
            given = {field: value for field, value in row.values.items() if field != "is_default" or value}
            judged.append(self.weigher.weigh(row, found.get(name), given, label=name, more={}))
        session.expunge_all()
        return judged

    def write(self, judged: Sequence[Judged], progress: Callable[[int], None]) -> None:
        """By the owner of rates; the first of a kind becomes its default."""
        new = [dict(one.plan) for one in judged if one.fate is Fate.NEW]
        changed = [one.plan for one in judged if one.fate is Fate.CHANGED]
        importing.write(LaborRate, new, changed, progress)
        importing.settle_defaults({row["name"] for row in new if row["is_default"]} | _made_default(changed))


def _made_default(changed: Sequence[Any]) -> set[str]:
    ids = {row_id for row_id, _version, _before, after in changed if after.get("is_default")}
    return importing.rate_names(ids)
