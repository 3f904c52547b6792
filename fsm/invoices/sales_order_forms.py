"""Forms of the bills of sales orders."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from fsm.core.fields import ExactField, Form, TextField
from fsm.invoices.from_sales_orders import MAX_DESCRIPTION
from fsm.sales_orders.services import MAX_REASON


class DepositForm(Form):
    """How much, and what the invoice says of it (S0)."""

    percentage = ExactField(_l("Percentage of the order"), [InputRequired()], low=Decimal("0.01"), high=100)
    description = TextField(_l("Description"), [InputRequired()], length=MAX_DESCRIPTION)


class CancelOrderForm(Form):
    """Why the customer does not go on."""

    reason = TextField(_l("Reason"), [InputRequired()], length=MAX_REASON)
