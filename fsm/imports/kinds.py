"""What can be imported: the fields of each kind, and who judges its rows."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from fsm.company.models import Company
from fsm.imports import customer_rows, equipment_rows, item_rows, open_invoice_rows, site_rows
from fsm.imports.fields import Field
from fsm.imports.judging import Judge
from fsm.imports.mapping import Choices
from fsm.imports.models import ImportKind
from fsm.imports.rows import RowReader


@dataclass(frozen=True, slots=True)
class Work:
    """What a judge must know beside the rows."""

    company: Company
    reader: RowReader
    choices: Choices
    run_id: int
    actor_id: int
    today: dt.date


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind; ``one_of`` are fields of which a row must say at least one; ``right`` is who may import it."""

    label: Any
    text: Any
    icon: str
    fields: Sequence[Field]
    judge: Callable[[Work], Judge]
    right: str = "imports.master_data"
    one_of: tuple[str, ...] = ()


_CUSTOMER = ("customer_external_id", "customer_vat_number", "customer_name")
KINDS: Mapping[ImportKind, Kind] = {
    ImportKind.CUSTOMERS: Kind(
        _l("Customers"),
        _l("Names, numbers, addresses and terms. First of all: the other files name them."),
        "customers",
        customer_rows.FIELDS,
        lambda work: customer_rows.CustomerJudge(work.reader, work.company),
    ),
    ImportKind.SITES: Kind(
        _l("Sites"),
        _l("Where work is done, with access codes and hazards."),
        "site",
        site_rows.FIELDS,
        lambda work: site_rows.SiteJudge(work.reader, work.company, work.today),
        one_of=_CUSTOMER,
    ),
    ImportKind.EQUIPMENT: Kind(
        _l("Equipment"),
        _l("The machines at the sites, with serial numbers and warranties."),
        "equipment",
        equipment_rows.FIELDS,
        lambda work: equipment_rows.EquipmentJudge(work.reader, work.company),
        one_of=("site_external_id", *_CUSTOMER),
    ),
    ImportKind.ITEMS: Kind(
        _l("Items"),
        _l("Parts and goods with their prices, VAT and accounts."),
        "box",
        item_rows.ITEM_FIELDS,
        lambda work: item_rows.ItemJudge(work.reader, work.company),
    ),
    ImportKind.LABOR_RATES: Kind(
        _l("Labor rates"),
        _l("What an hour, a kilometre or a call-out costs."),
        "clock",
        item_rows.RATE_FIELDS,
        lambda work: item_rows.RateJudge(work.reader, work.company),
    ),
    ImportKind.OPEN_INVOICES: Kind(
        _l("Open invoices"),
        _l(
            "What customers still owe from the former program: under its numbers, to be paid, reminded and credited here."
        ),
        "invoice",
        open_invoice_rows.FIELDS,
        lambda work: open_invoice_rows.OpenInvoiceJudge(
            work.reader,
            work.company,
            on=work.choices.day or work.today,
            run_id=work.run_id,
            actor_id=work.actor_id,
            today=work.today,
        ),
        right="imports.open_invoices",
        one_of=_CUSTOMER,
    ),
}
