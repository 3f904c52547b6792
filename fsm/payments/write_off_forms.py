"""The form of a lost debt."""

import datetime as dt
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice  # type: ignore[attr-defined]  # reason: stubs are older
from wtforms.validators import InputRequired

from fsm.core.fields import DayField, Form, TextField
from fsm.core.formats import money
from fsm.ledger.models import OpenItem
from fsm.payments.forms import AmountField
from fsm.payments.write_offs import MOST_REASON, WriteOffValues

RECLAIMED, NOT_RECLAIMED = "reclaimed", "not"


class WriteOffForm(Form):
    """What is given up, when and why; whether the State gives its VAT back."""

    reclaims_tax = RadioField(_l("VAT"), [InputRequired(_l("Say what becomes of the VAT."))])
    amount = AmountField(_l("Amount given up"), [InputRequired(_l("The amount is missing."))])
    written_off_on = DayField(_l("Date"), [InputRequired(_l("The date is missing."))])
    reason = TextField(_l("Reason"), [InputRequired(_l("Say why the debt is lost."))], length=MOST_REASON)

    def offer(self, tax: Decimal, currency: str) -> None:
        """Both ways where there is VAT in the debt, else the one that is left."""
        self.reclaims_tax.choices = [SelectChoice(NOT_RECLAIMED, _("Not reclaimed: all of it is a loss"))]
        if tax:
            label = _("Reclaimed from the State, %(tax)s of all that is due: a bankruptcy", tax=money(tax, currency))
            self.reclaims_tax.choices.insert(0, SelectChoice(RECLAIMED, label))

    def fill(self, item: OpenItem, today: dt.date, tax: Decimal) -> None:
        """A new form: all that is due, today; the VAT is a choice only where there is some."""
        self.amount.data, self.written_off_on.data = item.balance, today
        if not tax:
            self.reclaims_tax.data = NOT_RECLAIMED

    def values(self, open_item_id: int) -> WriteOffValues:
        """As the service wants it."""
        return WriteOffValues(
            open_item_id=open_item_id,
            written_off_on=self.written_off_on.data,
            reason=self.reason.data or "",
            reclaims_tax=self.reclaims_tax.data == RECLAIMED,
            amount=self.amount.data,
        )
