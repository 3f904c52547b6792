"""What stands on a page around the lines, as a design's template wants it: labels, texts, rows that have something to say."""

from dataclasses import dataclass
from decimal import Decimal
from html import escape

from fsm.documents.facts import AddressFacts, Facts
from fsm.documents.words import Words

WIDE, NUMBER, LONG_REFERENCE = 1.8, 1.3, 20  # of a cell: a sentence, a VAT number that is not to break; characters
MOST_CELLS = 6
BELGIAN_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A particular of the document; ``width`` in percent."""

    label: str
    text: str
    width: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where the work was done, or where to deliver."""

    label: str
    name: str
    address: AddressFacts


@dataclass(frozen=True, slots=True)
class Sum:
    """A row of the totals; the grand one stands out."""

    label: str
    text: str
    is_grand: bool = False


def identity(facts: Facts, words: Words) -> list[str]:
    """The foot of each page, escaped: the layout's own words, who the company is (the law asks for it), how to reach it."""
    seller, address = facts.seller, facts.seller.address
    place = f"{address.postal_code} {address.city}".strip()
    own_number = "" if seller.enterprise_number in seller.vat_number else company_number(seller.enterprise_number)
    who = [
        seller_name(facts),
        ", ".join(part for part in (address.street, address.street2, place) if part),
        seller.vat_number and f"{words.vat_number} {company_number(seller.vat_number)}",
        own_number and f"{words.enterprise_number} {own_number}",
        seller.court_register,
    ]
    sentences = [
        *facts.look.footer.splitlines(),
        " · ".join(part for part in who if part),
        " · ".join(way for way in (seller.phone, seller.email, seller.website) if way),
    ]
    return [escape(sentence) for sentence in sentences if sentence.strip()]


def seller_name(facts: Facts) -> str:
    """With the legal form, which the law asks for; many companies have it in their name already."""
    name, form = facts.seller.name, facts.seller.legal_form
    return name if not form or form in name.split() else f"{name} {form}"


def particulars(facts: Facts, words: Words) -> list[list[Cell]]:
    """The strip under the addresses, in rows: what has something to say."""
    corrects = facts.corrects
    delivered = facts.delivery_date if facts.delivery_date != facts.issue_date else None
    cells = [
        (words.issue_date, facts.issue_date and words.day(facts.issue_date), 1),
        (words.due_date, facts.due_date and words.day(facts.due_date), 1),
        (words.expiry_date, facts.expiry_date and words.day(facts.expiry_date), 1),
        (words.delivery_date, delivered and words.day(delivered), 1),
        (words.corrects, corrects and f"{corrects.number} {words.of_date} {words.day(corrects.date)}", WIDE),
        (words.buyer_vat_number, company_number(facts.buyer.vat_number), NUMBER),
        (words.reference, facts.reference, _weight(facts.reference)),
        *((one.name, one.value, _weight(one.value)) for one in facts.custom),
    ]
    shown = [(label, text, weight) for label, text, weight in cells if text]
    return [_row(shown[at : at + MOST_CELLS]) for at in range(0, len(shown), MOST_CELLS)]


def _weight(text: str) -> float:
    return WIDE if len(text) > LONG_REFERENCE else 1


def _row(cells: list[tuple[str, str, float]]) -> list[Cell]:
    parts = sum(weight for _label, _text, weight in cells)
    return [Cell(label, text, round(100 * weight / parts, 1)) for label, text, weight in cells]


def places(facts: Facts, words: Words) -> list[Place]:
    """Where the work was done and where to deliver, as far as that is not the address above."""
    buyer, found = facts.buyer, []
    if buyer.site_name or buyer.site_address not in {AddressFacts(), buyer.billing_address}:
        found.append(Place(words.site, buyer.site_name, buyer.site_address))
    if buyer.delivery_address.city and buyer.delivery_address not in {buyer.billing_address, buyer.site_address}:
        found.append(Place(words.delivery_address, "", buyer.delivery_address))
    return found


def sums(facts: Facts, words: Words) -> list[Sum]:
    """The totals, from the sum of the lines down; without a word of VAT where the document shows none."""
    totals = facts.totals
    rows = []
    if totals.discount_total_without_tax:
        before = totals.total_without_tax + totals.discount_total_without_tax
        rows.append(Sum(words.sum, words.money(before)))
        label = f"{words.discount} {words.percent(facts.discount_percentage)}"
        rows.append(Sum(label, words.money(-totals.discount_total_without_tax)))
    if facts.shows_tax:
        rows.append(Sum(words.total_without_tax, words.money(totals.total_without_tax)))
    if totals.total_refundable_deposit:
        rows.append(Sum(words.refundable_deposit, words.money(totals.total_refundable_deposit)))
    if facts.shows_tax:
        rows.append(Sum(words.total_tax, words.money(totals.total_tax)))
    label = words.total_with_tax if facts.shows_tax else words.total
    rows.append(Sum(label, words.with_currency(totals.total_with_tax, facts.currency), is_grand=True))
    return rows + _in_euro(facts, words)


def _in_euro(facts: Facts, words: Words) -> list[Sum]:
    if not facts.is_foreign or not facts.shows_tax_in_euro:
        return []
    rows = [Sum(words.exchange_rate, f"1 {facts.currency} = {words.number(facts.exchange_rate)} EUR")]
    if facts.totals.total_with_tax_in_euro:
        rows.append(Sum(words.total_in_euro, words.money(facts.totals.total_with_tax_in_euro)))
    if facts.shows_tax:
        rows.append(Sum(words.total_tax_in_euro, words.money(facts.total_tax_in_euro)))
    return rows


def tax_remarks(facts: Facts, words: Words) -> list[str]:
    """What the VAT table needs said under it, or, where it is not shown, what the law asks of it all the same."""
    remarks = [] if facts.shows_tax else list(dict.fromkeys(row.text for row in facts.taxes if row.text))
    if facts.tax_included and facts.shows_tax:
        remarks.append(words.prices_with_tax)
    if facts.cash_discount_mode == "on_invoice" and any(row.cash_discount for row in facts.taxes) and facts.shows_tax:
        remarks.append(words.after_cash_discount.format(percentage=words.percent(facts.cash_discount_percentage)))
    return remarks


def demand(facts: Facts, words: Words) -> str:
    """The one sentence of the payment box; empty on what asks for nothing."""
    amount = words.with_currency(facts.totals.total_with_tax, facts.currency)
    if facts.is_credit_note:
        return words.credited.format(amount=amount) if facts.totals.total_with_tax > 0 else ""
    if not facts.is_invoice:
        return ""
    if facts.totals.total_with_tax <= 0:
        return words.nothing_to_pay
    if facts.due_date:
        return words.pay.format(amount=amount, date=words.day(facts.due_date))
    return words.pay_without_term.format(amount=amount)


def terms(facts: Facts, words: Words) -> list[str]:
    """The smaller sentences of the payment box: cash discount, deposits deducted, other balance."""
    found = []
    totals = facts.totals
    if facts.is_invoice and totals.cash_discount_total and facts.cash_discount_date_valid:
        reduced = words.with_currency(totals.amount_if_paid_in_time, facts.currency)
        sentence = words.in_time.format(amount=reduced, date=words.day(facts.cash_discount_date_valid))
        found.append(f"{words.cash_discount} {words.percent(facts.cash_discount_percentage)}: {sentence}")
    wording = words.deducted if facts.shows_tax else words.deducted_without_tax
    for deposit in facts.deducted:
        amount = words.with_currency(deposit.total_with_tax, facts.currency)
        found.append(wording.format(number=deposit.number, date=words.day(deposit.date), amount=amount))
    if facts.outstanding_balance:
        amount = words.with_currency(facts.outstanding_balance, facts.currency)
        found.append(words.other_balance.format(amount=amount))
    return found


def subtitle(facts: Facts, words: Words) -> str:
    """What a deposit invoice is a deposit of."""
    if not facts.is_deposit or facts.deposit_percentage == Decimal(0):
        return ""
    return words.deposit_of.format(percentage=words.percent(facts.deposit_percentage))


def iban(number: str) -> str:
    """In groups of four."""
    return "\N{NO-BREAK SPACE}".join(number[at : at + 4] for at in range(0, len(number), 4))


def company_number(number: str) -> str:
    """A Belgian VAT or enterprise number as people write it; any other as it is."""
    digits = number.removeprefix("BE")
    if len(digits) != BELGIAN_DIGITS or not digits.isdigit():
        return number
    country = "BE\N{NO-BREAK SPACE}" if number.startswith("BE") else ""
    return f"{country}{digits[:4]}.{digits[4:7]}.{digits[7:]}"
