"""Forms of payments, moves, refunds and the rules of taking money."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (  # type: ignore[attr-defined]  # reason: stubs are older
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
)
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired

from fsm.company import queries as company_queries
from fsm.core.fields import DayField, ExactField, Form, TextField
from fsm.core.formats import day, money
from fsm.core.web import MAX_ID
from fsm.customers.forms import CustomerField
from fsm.ledger.models import OpenItem
from fsm.payments.amounts import HIGHEST_AMOUNT
from fsm.payments.models import PaymentMethod, PaymentSettings
from fsm.payments.queries import Due
from fsm.payments.receivables import PartValues
from fsm.payments.services import RefundValues, RegisterValues

METHODS = (
    ("", _l("Not given (counts as a transfer)")),
    (PaymentMethod.TRANSFER.value, _l("Transfer")),
    (PaymentMethod.CASH.value, _l("Cash")),
    (PaymentMethod.DEBIT_CARD.value, _l("Debit card")),
    (PaymentMethod.CREDIT_CARD.value, _l("Credit card")),
    (PaymentMethod.DIRECT_COLLECTION.value, _l("Direct collection")),
    (PaymentMethod.ONLINE.value, _l("Online")),
    (PaymentMethod.BANCONTACT.value, _l("Bancontact")),
    (PaymentMethod.IDEAL.value, _l("iDEAL")),
)
TYPED, REDUCED, ROUNDED = "typed", "reduced", "rounded"
MOST_IN_CASH = Decimal("999999.99")
MOST_TOLERANCE = Decimal("9.99")


class AmountField(ExactField):
    """An amount of money; what is 0 or below the service refuses with its own sentence."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms'
        super().__init__(label, validators, places=2, high=HIGHEST_AMOUNT, **kwargs)

    def _value(self) -> str:
        if self.raw_data or self.data is None:
            return super()._value()
        return str(format_decimal(self.data, format="0.00", locale=get_locale() or "en"))


class _MoneyForm(Form):
    """How and when money came or went."""

    paid_on = DayField(_l("Date"), [InputRequired(_l("The date is missing."))])
    method = SelectField(_l("Method"), choices=[SelectChoice(value, label) for value, label in METHODS])
    bank_account_id = SelectField(_l("Bank account"))
    description = TextField(_l("Description"), length=255)
    amount_eur = AmountField(_l("Amount in EUR, as the bank shows it"))

    def offer_bank_accounts(self) -> None:
        """Fill the choice; empty is the default account."""
        accounts = company_queries.bank_accounts()
        self.bank_account_id.choices = [
            SelectChoice("" if account.is_default else str(account.id), f"{account.name} {account.iban}")
            for account in accounts
        ] or [SelectChoice("", _("Bank"))]

    @property
    def chosen_method(self) -> PaymentMethod | None:
        """None where it is not given."""
        return PaymentMethod(self.method.data) if self.method.data else None

    @property
    def chosen_bank_account_id(self) -> int | None:
        """None: the default account."""
        return int(self.bank_account_id.data) if self.bank_account_id.data else None


class RegisterForm(_MoneyForm):
    """A payment of one open item."""

    settles = RadioField(_l("Settle"), validate_choice=True)
    amount = AmountField(_l("Amount received"))
    keep_rest_on_account = BooleanField(_l("Keep the rest on account"))
    book_difference = BooleanField(_l("Book the difference of some cents and leave nothing due"))

    def offer(self, due: Due, tolerance: Decimal) -> None:
        """Offer the reduced amount beside the full one while its discount is open."""
        self.offer_bank_accounts()
        currency = due.item.currency
        self.book_difference.description = _("At most %(most)s, by the settings.", most=money(tolerance, currency))
        self.settles.choices = [
            SelectChoice(TYPED, _("The amount below; %(due)s is due", due=money(due.item.balance, currency)))
        ]
        if due.discount:
            self.settles.choices.append(
                SelectChoice(
                    REDUCED,
                    _(
                        "%(reduced)s: paid by %(day)s, with the cash discount of %(discount)s",
                        reduced=money(due.reduced, currency),
                        discount=money(due.discount.total, currency),
                        day=day(due.discount.valid_until),
                    ),
                )
            )

        if due.cash_amount:
            self.settles.choices.append(
                SelectChoice(
                    ROUNDED, _("%(amount)s in cash, rounded to 5 cents", amount=money(due.cash_amount, currency))
                )
            )

    def fill(self, due: Due, today: dt.date) -> None:
        """A new form: all that is due, today."""
        self.amount.data, self.paid_on.data, self.settles.data = due.item.balance, today, TYPED

    def values(self, due: Due) -> RegisterValues:
        """The choice replaces the amount that was filled in; another one that was typed stays."""
        is_reduced, is_rounded = self.settles.data == REDUCED, self.settles.data == ROUNDED
        amount = self.amount.data
        if amount in {None, due.item.balance}:
            amount = due.reduced if is_reduced else due.cash_amount if is_rounded else amount
        return RegisterValues(
            paid_on=self.paid_on.data,
            parts=[PartValues(open_item_id=due.item.id)],
            customer_id=due.item.customer_id,
            amount=amount,
            method=PaymentMethod.CASH if is_rounded else self.chosen_method,
            description=self.description.data or "",
            bank_account_id=self.chosen_bank_account_id,
            keep_rest_on_account=self.keep_rest_on_account.data,
            take_cash_discount=is_reduced,
            book_difference=is_rounded or self.book_difference.data,
            amount_eur=self.amount_eur.data,
        )


class WhoForm(Form):
    """Whose payment it is, where no invoice says so."""

    customer_id = CustomerField(_l("Customer"), [InputRequired(_l("Say who pays."))])


class PartForm(PlainForm):
    """What one open item gets of a payment."""

    open_item_id = HiddenField()
    amount = AmountField(_l("Of this payment"))

    @property
    def item_id(self) -> int:
        """The open item; 0, which is none, for what is no id."""
        text = str(self.open_item_id.data or "")
        is_id = text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID  # noqa: PLR2004 - digits
        return int(text) if is_id else 0


class RegisterManyForm(_MoneyForm):
    """One payment of several invoices of a customer, or of none: then it waits on account."""

    amount = AmountField(_l("Amount received"), [InputRequired(_l("The amount is missing."))])
    keep_rest_on_account = BooleanField(_l("Keep the rest on account"))
    parts = FieldList(FormField(PartForm), max_entries=100)

    def fill(self, dues: Sequence[Due], today: dt.date) -> None:
        """A new form with a row per invoice."""
        self.paid_on.data = today
        for due in dues:
            self.parts.append_entry({"open_item_id": due.item.id})

    def values(self, customer_id: int, currency: str) -> RegisterValues:
        """Rows without an amount are no parts."""
        parts = [
            PartValues(open_item_id=row.form.item_id, amount=row.amount.data) for row in self.parts if row.amount.data
        ]
        return RegisterValues(
            paid_on=self.paid_on.data,
            parts=parts,
            customer_id=customer_id,
            amount=self.amount.data,
            method=self.chosen_method,
            description=self.description.data or "",
            bank_account_id=self.chosen_bank_account_id,
            keep_rest_on_account=self.keep_rest_on_account.data,
            amount_eur=self.amount_eur.data,
            currency=currency,
        )


class RefundForm(_MoneyForm):
    """Money back to the customer."""

    amount = AmountField(_l("Amount refunded"), [InputRequired(_l("The amount is missing."))])

    def fill(self, item: OpenItem, today: dt.date) -> None:
        """A new form: all that the item has to give, today."""
        self.amount.data, self.paid_on.data = -item.balance, today

    def values(self, item_id: int) -> RefundValues:
        """As the service wants it."""
        return RefundValues(
            open_item_id=item_id,
            amount=self.amount.data,
            paid_on=self.paid_on.data,
            method=self.chosen_method,
            description=self.description.data or "",
            bank_account_id=self.chosen_bank_account_id,
            amount_eur=self.amount_eur.data,
        )


class MoveForm(Form):
    """A credit or a payment on account that settles an invoice."""

    to_item_id = SelectField(_l("Invoice"), coerce=int)
    amount = AmountField(_l("Amount"), [InputRequired(_l("The amount is missing."))])
    on = DayField(_l("Date"), [InputRequired(_l("The date is missing."))])

    def offer(self, items: Sequence[OpenItem]) -> None:
        """The customer's open invoices, the first due first."""
        self.to_item_id.choices = [
            SelectChoice(
                item.id, _("%(number)s: %(due)s due", number=item.source_number, due=money(item.balance, item.currency))
            )
            for item in items
        ]

    def fill(self, giver: OpenItem, items: Sequence[OpenItem], today: dt.date) -> None:
        """A new form: as much as the first invoice takes, today."""
        self.on.data = today
        self.amount.data = min(-giver.balance, items[0].balance) if items else -giver.balance


class SettingsForm(Form):
    """The rules of taking money."""

    cash_limit = ExactField(
        _l("Highest amount in cash per invoice"),
        [InputRequired(_l("Type 0 for no limit."))],
        high=MOST_IN_CASH,
        description=_l("Belgian law: 3,000 EUR. 0: no limit."),
    )
    tolerance = ExactField(
        _l("Difference that may be booked away"),
        [InputRequired(_l("Type 0 for none."))],
        high=MOST_TOLERANCE,
        description=_l("Offered when a payment is some cents short or over; never booked by itself."),
    )

    def fill(self, stored: PaymentSettings) -> None:
        """What is stored."""
        self.cash_limit.data, self.tolerance.data = stored.cash_limit, stored.tolerance
