"""What month-end asks for: the selection (in the address), and the day of posting."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField

from fsm.core.fields import DayField, Form, TextField
from fsm.core.web import ids_of
from fsm.customers.forms import CustomerField
from fsm.invoices.run_models import Grouping
from fsm.invoices.selection import Criteria, usual_period

MOST_LEFT_OUT = 200
GROUPINGS = {
    Grouping.ORDER: _l("per order"),
    Grouping.SITE: _l("per site"),
    Grouping.CUSTOMER: _l("per customer"),
    Grouping.REFERENCE: _l("per customer's reference"),
}


class SelectionForm(Form):
    """The orders of a run. A field that is wrong is said and left out of the selection."""

    class Meta:
        """Of a page that only reads."""

        csrf = False

    by = SelectField(_l("Period of"), default="done")
    from_date = DayField(_l("From"))
    to_date = DayField(_l("Until"))
    customer_id = CustomerField(_l("Customer"))
    payer_id = CustomerField(_l("Payer"))
    reference = TextField(_l("Customer's reference"), length=250)
    grouping = SelectField(_l("One invoice"), default=Grouping.ORDER.value)

    def __init__(self, sent: Any, *, today: dt.date, **kwargs: Any) -> None:  # noqa: ANN401 - what the browser sends
        usual = {} if "to_date" in sent else dict(zip(("from_date", "to_date"), usual_period(today), strict=True))
        known = sent if set(sent) & {"to_date", "grouping"} else None
        super().__init__(known, data=usual, **kwargs)
        self.by.choices = [("done", str(_l("the day it was done"))), ("worked", str(_l("the work")))]
        self.grouping.choices = [(grouping.value, str(label)) for grouping, label in GROUPINGS.items()]
        self._sent = sent

    def criteria(self) -> Criteria:
        """After ``validate``."""
        wrong = set(self.errors)
        grouping = Grouping.ORDER if "grouping" in wrong else Grouping(self.grouping.data or Grouping.ORDER)
        return Criteria(
            grouping=grouping,
            from_date=self.from_date.data,
            to_date=self.to_date.data,
            by_work=self.by.data == "worked",
            customer_id=self.customer_id.data,
            payer_id=self.payer_id.data,
            reference="" if "reference" in wrong else self.reference.data or "",
            without=tuple(ids_of(self._sent.getlist("without"))[:MOST_LEFT_OUT]),
        )

    def address(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of an address
        """The selection as parts of an address, as it was typed."""
        names = ("by", "from_date", "to_date", "customer_id", "payer_id", "reference", "grouping")
        parts: dict[str, Any] = {name: _typed(self[name]) for name in names}
        parts["without"] = [str(order_id) for order_id in ids_of(self._sent.getlist("without"))[:MOST_LEFT_OUT]]
        return {name: value for name, value in (parts | changes).items() if value or name == "to_date"}


def _typed(field: Any) -> str:  # noqa: ANN401 - any field
    if hasattr(field, "_value"):
        return str(field._value() or "")  # noqa: SLF001 - every widget asks its field so
    return str(field.data or "")


class RunForm(Form):
    """What is to happen with the selection that was looked at."""

    then = RadioField(_l("What is to happen"), default="draft")
    posting_date = DayField(_l("Date of the invoices"))
    seal = HiddenField()

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - passed on to WTForms
        super().__init__(**kwargs)
        self.then.choices = [
            ("draft", str(_l("Make drafts, to be looked at first"))),
            ("post", str(_l("Make drafts and post them all"))),
        ]
