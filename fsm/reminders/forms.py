"""The form of a reminder cost."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from fsm.core.fields import DayField, ExactField, Form, TextField
from fsm.payments.amounts import HIGHEST_AMOUNT
from fsm.reminders.models import DESCRIPTION_CHARACTERS


class CostForm(Form):
    """What is claimed, and since when."""

    amount = ExactField(_l("Amount"), [InputRequired()], high=HIGHEST_AMOUNT)
    description = TextField(_l("Description"), length=DESCRIPTION_CHARACTERS)
    claimed_on = DayField(_l("Date"))
