"""Freezing what is printed, the PDFs made from it, and the defaults of new documents."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects import postgresql, sqlite

from fsm.company.models import Company
from fsm.core import audit, bulk
from fsm.core.db import afterwards, is_sqlite, lock, session
from fsm.core.errors import DomainError, NotFoundError
from fsm.core.money import to_scaled
from fsm.core.state import check_version
from fsm.documents import late_interest, pdf
from fsm.documents.canonical import canonical, from_json, sha256
from fsm.documents.facts import Facts
from fsm.documents.models import CashDiscountMode, DocumentSettings, FrozenPdf, PrintedFacts, TaxCalculation
from fsm.documents.pdf import Mark
from fsm.documents.rich_text import both
from fsm.files import services as files
from fsm.files.models import StoredFile

THE_ROW = 1
MAX_DAYS_DUE = 999
MAX_NOTE = 2000
MAX_QUOTE_DAYS = 365
ALL = 100
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class SettingsValues:
    """Defaults of new documents; those that exist keep theirs."""

    days_due: int
    tax_calculation: TaxCalculation
    tax_included: bool
    cash_discount_mode: CashDiscountMode
    makes_structured_message: bool
    note: str = ""
    note_html: str = ""
    automatic_reminders: bool = False
    shows_tax: bool = True
    deposit_percentage: Decimal = Decimal(30)
    quote_days_valid: int = 30
    business_late_interest_rate_id: int | None = None
    consumer_late_interest_rate_id: int | None = None


def freeze(documents: Sequence[tuple[str, int, Facts]]) -> dict[int, str]:
    """Keep for ever what is printed on each (kind, id); gives the SHA-256 that its journal entry bears, by id.

    To be called in the transaction that posts, before the ledger. IntegrityError for a document frozen already.
    """
    texts = {document_id: canonical(facts) for _kind, document_id, facts in documents}
    hashes = {document_id: sha256(text) for document_id, text in texts.items()}
    rows = [
        {"document_kind": kind, "document_id": row_id, "facts": texts[row_id], "sha256": hashes[row_id]}
        for kind, row_id, _facts in documents
    ]
    bulk.add(PrintedFacts, rows)
    return hashes


def printed_facts(document_kind: str, document_id: int) -> PrintedFacts:
    """The row of a posted document; NotFoundError for one that is not posted."""
    row = session.scalar(
        sa.select(PrintedFacts).where(
            PrintedFacts.document_kind == document_kind, PrintedFacts.document_id == document_id
        )
    )
    if row is None:
        raise NotFoundError(_("There is no such document, or it is not posted yet."))
    return row


def facts_of(document_kind: str, document_id: int) -> Facts:
    """What was printed on a posted document."""
    return from_json(printed_facts(document_kind, document_id).facts)


def pdf_of(document_kind: str, document_id: int) -> bytes:
    """The PDF of a posted document, always the same bytes; made and stored here where the worker has not done so.

    Making takes 0.2 to 15 seconds: in a request that writes, ask for it before the write.
    """
    row = printed_facts(document_kind, document_id)
    file_id = session.scalar(sa.select(FrozenPdf.file_id).where(FrozenPdf.printed_facts_id == row.id))
    if file_id is not None:
        return files.open_bytes(file_id)
    printed_facts_id, data = row.id, render(from_json(row.facts))
    files.write_bytes(data)  # the disk is waited for here, not in the write
    if session.info.get("writes"):
        store_pdf(printed_facts_id, data)
    else:
        afterwards(lambda: store_pdf(printed_facts_id, data))
    return data


def withdrawn_pdf_of(document_kind: str, document_id: int) -> bytes:
    """The PDF of a withdrawn document, marked so; the one it was issued with stays stored."""
    return render(facts_of(document_kind, document_id), mark=Mark.WITHDRAWN)


def render(facts: Facts, *, mark: Mark | None = None) -> bytes:
    """Facts as a PDF that is not stored: for drafts, with ``Mark.DRAFT``."""
    logo_sha256 = facts.seller.logo_sha256
    logo = None
    if logo_sha256:
        logo_id = session.scalar(sa.select(StoredFile.id).where(StoredFile.sha256 == logo_sha256))
        logo = files.open_bytes(logo_id or 0)
    return pdf.render(facts, mark=mark, logo=logo)


def is_stored(printed_facts_id: int) -> bool:
    """Whether the PDF of these facts has been made."""
    stored = sa.select(FrozenPdf.id).where(FrozenPdf.printed_facts_id == printed_facts_id)
    return session.scalar(stored) is not None


def store_pdf(printed_facts_id: int, data: bytes) -> None:
    """Keep the PDF; the first one stored stays, so a twin changes nothing."""
    if is_stored(printed_facts_id):  # SQLite's guard refuses before ON CONFLICT would let it pass
        return
    file = files.put(data, PDF)
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    session.execute(
        insert(FrozenPdf)
        .values(printed_facts_id=printed_facts_id, file_id=file.id, made_at=audit.now())
        .on_conflict_do_nothing(index_elements=[FrozenPdf.printed_facts_id])
    )


def logo_sha256_of(company: Company) -> str:
    """For the printed facts; empty without a logo."""
    return "" if company.logo_file_id is None else files.get(company.logo_file_id).sha256


def change_settings(values: SettingsValues, *, version: int | None) -> DocumentSettings:
    """Raises DomainError with the field for a value out of bounds or a combination that no totals can be made of."""
    settings: DocumentSettings | None = lock(DocumentSettings, [THE_ROW]).get(THE_ROW)
    if settings is None:
        raise NotFoundError(_("The company has not been set up yet."))
    check_version(settings.version, version)
    _check(values, settings)
    note, note_html = both(values.note.strip(), values.note_html, most=MAX_NOTE, field="note")
    for name, value in asdict(replace(values, note=note, note_html=note_html)).items():
        setattr(settings, name, value)
    session.flush()
    audit.note([("company", THE_ROW)], _("The defaults of documents were changed."))
    return settings


def _check(values: SettingsValues, settings: DocumentSettings) -> None:
    _check_between(values.days_due, 0, MAX_DAYS_DUE, "days_due")
    _check_between(values.quote_days_valid, 1, MAX_QUOTE_DAYS, "quote_days_valid")
    try:
        to_scaled(values.deposit_percentage, 2)
    except ValueError:
        raise DomainError(_("At most %(places)s decimals.", places=2), "deposit_percentage") from None
    _check_between(values.deposit_percentage, Decimal("0.01"), ALL, "deposit_percentage")
    if values.tax_included and values.tax_calculation is TaxCalculation.TOTAL:
        raise DomainError(_("Prices with VAT are calculated per item."), "tax_calculation")
    for field in ("business_late_interest_rate_id", "consumer_late_interest_rate_id"):
        try:
            late_interest.check_usable(getattr(values, field), getattr(settings, field))
        except DomainError as error:
            raise DomainError(error.sentence, field) from None


def _check_between(value: Decimal | int, low: Decimal | int, high: int, field: str) -> None:
    if not low <= value <= high:
        raise DomainError(_("Between %(low)s and %(high)s.", low=low, high=high), field)
