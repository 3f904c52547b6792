"""Invoices and credit notes by mail: what a message about one says, who gets it, and what follows once it was taken."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from fsm.company.models import BankAccount, Language
from fsm.company.services import the_company
from fsm.core.audit import note, now
from fsm.core.db import session, total
from fsm.core.errors import DomainError
from fsm.core.lists import Outcome
from fsm.customers.models import Contact, Customer
from fsm.documents import attachments, payment_reference
from fsm.documents.services import pdf_of
from fsm.documents.words import Words
from fsm.invoices import services
from fsm.invoices.drafts import BILL_KIND
from fsm.invoices.models import Invoice, InvoiceFollowUp, InvoiceKind, InvoiceState
from fsm.ledger.models import NO_TERM, ItemKind, OpenItem, Standing
from fsm.ledger.queries import item_of
from fsm.mail import queries as mail
from fsm.mail.addresses import MOST_RECIPIENTS, Address, checked
from fsm.mail.filling import LINK, fill, fill_line
from fsm.mail.kinds import KINDS, Text
from fsm.mail.services import Document, Draft, File, current_settings, enqueue_messages
from fsm.mail.settings import text_of
from fsm.mail.sources import Source

ACCOUNTANT = "accountant"
_ITEM_KINDS = {InvoiceKind.INVOICE: ItemKind.INVOICE, InvoiceKind.CREDIT_NOTE: ItemKind.CREDIT_NOTE}


def kind_of(invoice: Invoice) -> str:
    """Which text a message about it begins with."""
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return "credit_note"
    return "deposit" if invoice.is_deposit else "invoice"


# --- what mail asks for
def facts(invoice_id: int, language: str) -> dict[str, str]:
    """Placeholders and their texts at this moment. What is due is empty when nothing is due."""
    invoice = _posted(invoice_id)
    words, company = Words(Language(language)), the_company()
    item = item_of(_ITEM_KINDS[invoice.kind], invoice_id)
    found = {
        "company": company.name,
        "customer": invoice.client_name,
        "contact": invoice.client_attention or invoice.client_name,
        "number": invoice.number or "",
        "date": words.day(invoice.invoice_date) if invoice.invoice_date else "",
        "reference": invoice.reference,
        "total": words.with_currency(invoice.total_with_tax, invoice.currency),
        "corrects": (invoice.corrects.number if invoice.corrects else invoice.corrects_number) or "",
    }
    return found | _due(invoice, item, words)


def _due(invoice: Invoice, item: OpenItem | None, words: Words) -> dict[str, str]:
    if item is None or item.balance <= 0:
        return dict.fromkeys(("amount_due", "due_date", "payment_reference", "iban", "open_amount"), "")
    account = session.get(BankAccount, invoice.bank_account_id or 0)
    message = invoice.structured_message
    everything = open_amount(invoice.customer_id)
    return {
        "amount_due": words.with_currency(item.balance, item.currency),
        "due_date": "" if item.due_on == NO_TERM else words.day(item.due_on),
        "payment_reference": payment_reference.printed(message) if message else invoice.number or "",
        "iban": " ".join(account.iban[at : at + 4] for at in range(0, len(account.iban), 4)) if account else "",
        "open_amount": words.with_currency(everything, "EUR") if everything > item.balance_eur else "",
    }


def open_amount(customer_id: int) -> Decimal:
    """All that a customer owes now, in EUR, less what we owe them."""
    query = sa.select(total(OpenItem.balance_eur)).where(
        OpenItem.customer_id == customer_id, OpenItem.standing == Standing.OPEN
    )
    return session.scalar(query) or Decimal("0.00")


def why_not(invoice_id: int) -> str | None:
    """A document that is posted no more is not mailed."""
    state = session.scalar(sa.select(Invoice.state).where(Invoice.id == invoice_id))
    return None if state is InvoiceState.POSTED else _("It is not posted any more.")


def accepted(message_kind: str, invoice_id: int) -> None:
    """A server has it: it is sent, or has gone to the accountant. The first time counts."""
    if why_not(invoice_id):
        return
    if message_kind != ACCOUNTANT:
        services.mark_sent([invoice_id], how=_("By e-mail"), actor_id=0)
        return
    query = sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice_id).with_for_update()
    row = session.scalars(query).one()
    row.accountant_at = row.accountant_at or now()
    session.flush()


def _subjects(invoice_id: int) -> list[tuple[str, int]]:
    return [(BILL_KIND, invoice_id), ("customer", _posted(invoice_id).customer_id)]


SOURCE = Source(
    facts=facts,
    render=lambda invoice_id: pdf_of(BILL_KIND, invoice_id),
    accepted=accepted,
    subjects=_subjects,
    page=("invoices.show", "invoice_id"),
    why_not=why_not,
)


def mark_printed(invoice_id: int) -> None:
    """S3's tag "printed": the first time counts."""
    query = sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id == invoice_id).with_for_update()
    row = session.scalar(query)
    if row is not None and row.printed_at is None:
        row.printed_at = now()
        session.flush()
        note([(BILL_KIND, invoice_id)], _("Printed"))


# --- one document
def beginning(invoice: Invoice) -> Text:
    """The text with all filled in that will not change until it leaves; the rest keeps its placeholders."""
    kind, language = KINDS[kind_of(invoice)], invoice.language.value
    text = text_of(kind.name, language)
    known = {name: fact for name, fact in facts(invoice.id, language).items() if name not in kind.live}
    if not current_settings().public_url:
        known[LINK] = ""
    return Text(fill_line(text.subject, known), fill(text.body, known))


def preview(invoice: Invoice, subject: str, body: str, names: Sequence[str]) -> Text:
    """How it would read if it left now."""
    known = facts(invoice.id, invoice.language.value)
    known["contact"] = ", ".join(names) or known["contact"]
    known[LINK] = f"{current_settings().public_url}/view/…" if current_settings().public_url else ""
    return Text(fill_line(subject, known), fill(body, known))


def recipients_of(invoices: Iterable[Invoice]) -> dict[int, list[Address]]:
    """Who gets the documents of each customer: the contacts who get invoices, else the customer's own address."""
    ids = {invoice.customer_id for invoice in invoices}
    found: dict[int, dict[str, Address]] = {one: {} for one in ids}
    contacts = sa.select(Contact).where(Contact.customer_id.in_(ids), Contact.gets_invoices, Contact.email != "")
    for contact in session.scalars(contacts.order_by(Contact.id)):
        found[contact.customer_id].setdefault(contact.email.casefold(), Address(contact.email, contact.name))
    customers = sa.select(Customer.id, Customer.email, Customer.attention).where(Customer.id.in_(ids))
    for customer_id, email, attention in session.execute(customers):
        if email and not found[customer_id]:
            found[customer_id][email] = Address(email, attention)
    return {customer_id: list(addresses.values())[:MOST_RECIPIENTS] for customer_id, addresses in found.items()}


def draft(
    invoice: Invoice, text: Text, recipients: Sequence[Address], *, attachment_ids: Sequence[int], attaches_pdf: bool
) -> Draft:
    """A message about one document. ``attachment_ids``: files of the document that go along."""
    chosen = [row for row in attachments.of_document(BILL_KIND, invoice.id) if row.id in set(attachment_ids)]
    return Draft(
        kind=kind_of(invoice),
        language=invoice.language.value,
        subject=text.subject,
        body=text.body,
        recipients=recipients,
        about=(BILL_KIND, invoice.id),
        attachments=[*([_pdf(invoice)] if attaches_pdf else []), *(File(row.name, row.file_id) for row in chosen)],
    )


def send(invoice: Invoice, message: Draft, *, actor_id: int) -> int:
    """Write the message and its job; gives its id. DomainError with a field for what cannot be sent."""
    if invoice.state is not InvoiceState.POSTED:
        raise DomainError(_("Only a posted document can be sent."))
    (message_id,) = enqueue_messages([message], actor_id=actor_id, is_urgent=True)
    note(
        [(BILL_KIND, invoice.id)],
        _("A message to %(emails)s was asked for", emails=", ".join(one.email for one in message.recipients)),
    )
    return message_id


# --- many
def send_many(invoice_ids: Sequence[int], *, actor_id: int) -> Outcome:
    """A message and a job for each posted document that has somebody to go to and is not on its way already."""
    found = _found(invoice_ids)
    addresses, texts = recipients_of(found.values()), _Texts()
    held = _held(list(found))
    on_the_way = mail.under_way(BILL_KIND, list(found))
    outcome, drafts = Outcome(), []
    for invoice_id in invoice_ids:
        invoice = found.get(invoice_id)
        why = _why_not_now(invoice, on_the_way, addresses) or (
            _("It was sent before: send it again from its page.") if held.get(invoice_id) else ""
        )
        if invoice is None or why:
            outcome.refuse(_name(invoice, invoice_id), why)
            continue
        kind, language = kind_of(invoice), invoice.language.value
        text = texts.of(kind, language)
        try:
            to = [checked(address) for address in addresses[invoice.customer_id]]
        except DomainError as error:
            outcome.refuse(_name(invoice, invoice_id), str(error))
            continue
        drafts.append(_automatic(invoice, kind, language, text, to))
    enqueue_messages(drafts, actor_id=actor_id)
    outcome.done = len(drafts)
    return outcome


def _automatic(invoice: Invoice, kind: str, language: str, text: Text, to: Sequence[Address]) -> Draft:
    return Draft(
        kind=kind,
        language=language,
        subject=text.subject,
        body=text.body,
        recipients=to,
        about=(BILL_KIND, invoice.id),
        attachments=[_pdf(invoice)],
    )


def send_to_accountant(invoice_ids: Sequence[int], *, actor_id: int) -> Outcome:
    """A message and a job for each posted document, to the address in the settings; DomainError where none is set."""
    email = current_settings().accountant_email
    if not email:
        raise DomainError(_("The accountant's address is not set yet: it stands in the settings of mail."))
    language = the_company().language.value
    text, found, outcome, drafts = text_of(ACCOUNTANT, language), _found(invoice_ids), Outcome(), []
    for invoice_id in invoice_ids:
        invoice = found.get(invoice_id)
        if invoice is None or invoice.state is not InvoiceState.POSTED:
            outcome.refuse(_name(invoice, invoice_id), _("Only a posted document can be sent."))
        else:
            drafts.append(_automatic(invoice, ACCOUNTANT, language, text, [Address(email)]))
    enqueue_messages(drafts, actor_id=actor_id)
    outcome.done = len(drafts)
    return outcome


class _Texts:
    """Each text is read once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Text] = {}

    def of(self, kind: str, language: str) -> Text:
        if (kind, language) not in self._known:
            self._known[kind, language] = text_of(kind, language)
        return self._known[kind, language]


def _found(invoice_ids: Sequence[int]) -> dict[int, Invoice]:
    return {row.id: row for row in session.scalars(sa.select(Invoice).where(Invoice.id.in_(invoice_ids)))}


def _held(invoice_ids: Sequence[int]) -> dict[int, bool]:
    """Which were sent; two who send the same at the same moment wait for each other here."""
    query = sa.select(InvoiceFollowUp).where(InvoiceFollowUp.invoice_id.in_(invoice_ids))
    rows = session.scalars(query.order_by(InvoiceFollowUp.invoice_id).with_for_update())
    return {row.invoice_id: row.sent_at is not None for row in rows}


def _why_not_now(invoice: Invoice | None, on_the_way: set[int], addresses: Mapping[int, Sequence[Address]]) -> str:
    if invoice is None:
        return _("There is no such invoice.")
    if invoice.state is not InvoiceState.POSTED:
        return _("Only a posted document can be sent.")
    if invoice.id in on_the_way:
        return _("It is on its way already, or may have arrived: see its page.")
    if not addresses[invoice.customer_id]:
        return _("The customer has no e-mail address, and no contact who gets invoices.")
    return ""


def _name(invoice: Invoice | None, invoice_id: int) -> str:
    return (invoice.number or invoice.client_name) if invoice else str(invoice_id)


def _pdf(invoice: Invoice) -> Document:
    return Document(f"{invoice.number}.pdf", BILL_KIND, invoice.id)


def _posted(invoice_id: int) -> Invoice:
    return session.get_one(Invoice, invoice_id)
