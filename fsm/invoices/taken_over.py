"""Open invoices of a former program: taking them over, and undoing that (accounting.md 5)."""

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, TypeVar

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.core import bulk
from fsm.core.audit import notes, now
from fsm.core.db import Base, lock, session
from fsm.core.errors import ConflictError, DomainError, NotFoundError
from fsm.core.formats import day, money
from fsm.core.money import rounded, to_scaled
from fsm.customers.models import Customer
from fsm.documents import payment_reference
from fsm.documents.limits import CURRENCIES
from fsm.invoices.models import Invoice
from fsm.invoices.taken_over_models import TakenOver
from fsm.ledger import services as ledger
from fsm.ledger.models import NO_TERM, ItemKind, Journal, MovementRole, OpenItem
from fsm.ledger.posting import EntryDraft, NewItem, credit, debit
from fsm.ledger.queries import account_of_role

SOURCE_KIND = "taken_over"
LOT = 1000
NUMBER_LENGTH = 50
MOST = Decimal("9999999999.99")
OLDEST = dt.date(1990, 1, 1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOverValues:
    """A document as the former program knew it; ``total`` and ``due`` negative for a credit note.

    ``exchange_rate`` is EUR per unit of the currency, None for EUR.
    """

    customer_id: int
    number: str
    document_date: dt.date
    total: Decimal
    due: Decimal
    due_date: dt.date | None = None
    currency: str = "EUR"
    exchange_rate: Decimal | None = None
    reference: str = ""
    structured_message: str = ""


def checked(values: TakenOverValues, *, on: dt.date) -> TakenOverValues:
    """The values as they are stored, for books that begin ``on``. DomainError at the field that is wrong."""
    _check_text(values)
    for field, figure in (("total", values.total), ("due", values.due)):
        _check_amount(figure, field)
    if (values.total > 0) != (values.due > 0) or abs(values.due) > abs(values.total):
        raise DomainError(
            _(
                "%(due)s cannot be due of an amount of %(total)s.",
                due=money(values.due),
                total=money(values.total),
            ),
            "due",
        )
    _check_days(values, on)
    rate = _checked_rate(values)
    message = values.structured_message
    if message:
        message = payment_reference.parsed(message, "structured_message")
    return TakenOverValues(**asdict(values) | {"exchange_rate": rate, "structured_message": message})


def _check_text(values: TakenOverValues) -> None:
    if not values.number.strip():
        raise DomainError(_("The number is missing."), "number")
    for field, most in (("number", NUMBER_LENGTH), ("reference", 250)):
        if len(getattr(values, field)) > most:
            raise DomainError(_("At most %(length)s characters.", length=most), field)


def _check_amount(figure: Decimal, field: str) -> None:
    try:
        to_scaled(figure, 2)
    except ValueError:
        raise DomainError(_("At most %(places)s decimals.", places=2), field) from None
    if not figure:
        sentence = _("The amount is 0.") if field == "total" else _("Nothing is due on it: leave it out.")
        raise DomainError(sentence, field)
    if abs(figure) > MOST:
        raise DomainError(_("The amount is at most %(most)s.", most=money(MOST)), field)


def _check_days(values: TakenOverValues, on: dt.date) -> None:
    if values.document_date > on:
        raise DomainError(
            _("Dated after the day of taking over (%(day)s): invoice it here.", day=day(on)), "document_date"
        )
    if values.document_date < OLDEST:
        raise DomainError(_("Dated before %(day)s.", day=day(OLDEST)), "document_date")
    if values.due_date is not None and values.due_date < values.document_date:
        raise DomainError(_("The due date lies before the date of the document."), "due_date")


def _checked_rate(values: TakenOverValues) -> Decimal:
    if values.currency not in CURRENCIES:
        raise DomainError(_("This currency is not supported."), "currency")
    if values.currency == "EUR":
        if values.exchange_rate not in {None, Decimal(1)}:
            raise DomainError(_("The exchange rate of the euro is 1."), "exchange_rate")
        return Decimal(1)
    if values.exchange_rate is None:
        raise DomainError(_("Give the exchange rate: EUR per %(currency)s.", currency=values.currency), "exchange_rate")
    if not 0 < values.exchange_rate <= 1_000_000:  # noqa: PLR2004 - the bound of documents
        raise DomainError(_("The exchange rate must be above 0."), "exchange_rate")
    return values.exchange_rate


def take_over(
    documents: Sequence[TakenOverValues],
    *,
    on: dt.date,
    import_id: int | None,
    actor_id: int | None,
    today: dt.date,
    progress: Callable[[int], None] = lambda _count: None,
) -> list[int]:
    """Post checked documents, all or none: debit receivables, credit suspense, each on an open item of its own.

    Gives their ids. DomainError for a day after today or in a closed period.
    """
    if on > today:
        raise DomainError(_("The day of taking over lies in the future."), "taken_over_on")
    moment = now()
    rows = [
        asdict(values)
        | {
            "import_id": import_id,
            "taken_over_on": on,
            "created_by_id": actor_id,
            "created_at": moment,
            "entry_id": None,
            "exchange_rate": values.exchange_rate or Decimal(1),
        }
        for values in documents
    ]
    ids = bulk.insert(TakenOver, rows)
    accounts, done = account_of_role(), 0
    for lot in _lots(list(zip(ids, documents, strict=True))):
        names = _names({values.customer_id for _id, values in lot})
        entry_ids = ledger.post(
            [_entry(row_id, values, names[values.customer_id], on, accounts) for row_id, values in lot],
            actor_id=actor_id,
        )
        _finish([row_id for row_id, _values in lot], {"entry_id": entry_ids})
        done += len(lot)
        progress(done)
    notes(
        ([("customer", values.customer_id), (SOURCE_KIND, row_id)], _("%(number)s taken over", number=values.number))
        for row_id, values in zip(ids, documents, strict=True)
    )
    return ids


def _lots(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), LOT):
        yield rows[start : start + LOT]


def _names(customer_ids: set[int]) -> dict[int, str]:
    return dict(session.execute(sa.select(Customer.id, Customer.name).where(Customer.id.in_(customer_ids))).all())


def _entry(row_id: int, values: TakenOverValues, name: str, on: dt.date, accounts: Mapping[str, str]) -> EntryDraft:
    item = NewItem(
        kind=ItemKind.TAKEN_OVER,
        source_id=row_id,
        source_number=values.number,
        customer_id=values.customer_id,
        opened_on=on,
        due_on=values.due_date or NO_TERM,
        currency=values.currency,
    )
    eur = rounded(values.due * (values.exchange_rate or Decimal(1)))
    return EntryDraft(
        journal=Journal.MISCELLANEOUS,
        entry_date=on,
        narration=_("Taken over: %(number)s %(name)s", number=values.number, name=name)[:250],
        source_kind=SOURCE_KIND,
        source_id=row_id,
        source_number=values.number,
        customer_id=values.customer_id,
        currency=values.currency,
        lines=(
            debit(accounts["receivables"], eur, values.due, item=item, role=MovementRole.INVOICED),
            credit(accounts["suspense"], eur, values.due),
        ),
    )


def _finish(ids: Sequence[int], columns: Mapping[str, Sequence[Any]]) -> None:
    """Set columns of final rows, one value per row, by one statement."""
    table = Base.metadata.tables[TakenOver.__tablename__]
    rows = [dict(zip(("b_id", *columns), values, strict=True)) for values in zip(ids, *columns.values(), strict=True)]
    session.connection().execute(
        sa.update(table)
        .where(table.c.id == sa.bindparam("b_id"))
        .values({name: sa.bindparam(name) for name in columns}),
        rows,
    )


def undo(import_id: int, *, actor_id: int | None, today: dt.date) -> int:
    """Reverse all that one import took over, while nothing else has touched it; gives how many.

    ConflictError that names the first document that was paid, credited or moved.
    """
    query = sa.select(TakenOver).where(TakenOver.import_id == import_id, TakenOver.undone_entry_id.is_(None))
    documents = session.scalars(query.order_by(TakenOver.id).execution_options(populate_existing=True)).all()
    if not documents:
        raise NotFoundError(_("Nothing of this import is there to be undone."))
    for lot in _lots(documents):
        _check_untouched(lot)
    moment = now()
    for lot in _lots(documents):
        reversals = ledger.reverse([row.entry_id or 0 for row in lot], today=today, actor_id=actor_id)
        count = len(lot)
        _finish(
            [row.id for row in lot],
            {
                "undone_entry_id": reversals,
                "undone_at": list(itertools.repeat(moment, count)),
                "undone_by_id": list(itertools.repeat(actor_id, count)),
            },
        )
    for row in documents:
        session.expire(row)
    notes(
        (
            [("customer", row.customer_id), (SOURCE_KIND, row.id)],
            _("Taking over of %(number)s undone", number=row.number),
        )
        for row in documents
    )
    return len(documents)


def _check_untouched(documents: Sequence[TakenOver]) -> None:
    ids = [row.id for row in documents]
    found = session.scalars(
        sa.select(OpenItem.id).where(OpenItem.kind == ItemKind.TAKEN_OVER, OpenItem.source_id.in_(ids))
    )
    items: dict[int, OpenItem] = lock(OpenItem, list(found))
    for item in items.values():
        if item.balance != item.invoiced or item.paid or item.credited or item.claimed or item.written_off:
            raise ConflictError(
                _("%(number)s has been paid or credited since: undo that first.", number=item.source_number)
            )
    draft = session.scalar(sa.select(Invoice.corrects_number).where(Invoice.corrects_taken_over_id.in_(ids)).limit(1))
    if draft is not None:
        raise ConflictError(_("There is a credit note on %(number)s.", number=draft))
