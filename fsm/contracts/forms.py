"""Forms of maintenance contracts."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectChoice, SelectField  # type: ignore[attr-defined]  # reason: stubs are older
from wtforms.validators import InputRequired, NumberRange, Optional

from fsm.catalog.forms import choices
from fsm.contracts.making import machine_name
from fsm.contracts.models import Contract, IntervalUnit
from fsm.contracts.services import ContractValues
from fsm.contracts.words import UNITS
from fsm.core.fields import CountField, DayField, Form, LongTextField, TextField
from fsm.service_orders.site_search import equipment_at
from fsm.users.forms import MultiCheckboxField

AGAIN, SKIP = "again", "skip"


class ContractForm(Form):
    """What was agreed."""

    name = TextField(_l("Name"), [InputRequired(_l("What is it called?"))], length=100)
    kind_of_work = TextField(_l("Kind of work"), length=60)
    reference = TextField(_l("Customer's reference"), length=250)
    description = LongTextField(_l("What is to be done"), length=10_000)
    tasks = LongTextField(_l("Tasks"), length=10_000)
    machine_ids = MultiCheckboxField(_l("Machines"), coerce=int)
    interval_count = CountField(_l("Every"), [InputRequired(), NumberRange(1, 999)], default=12)
    interval_unit = SelectField(
        _l("Unit"),
        choices=choices((unit.value, label) for unit, label in UNITS.items()),
        default=IntervalUnit.MONTHS.value,
    )
    first_date = DayField(_l("First date"), [InputRequired(_l("From which day on?"))])
    end_date = DayField(_l("Last day"), [Optional()])
    days_before = CountField(_l("Days before the date"), [InputRequired(), NumberRange(0, 180)], default=7)
    days_after = CountField(_l("Days after the date"), [InputRequired(), NumberRange(0, 180)], default=7)
    lead_days = CountField(_l("Orders are made ahead"), [InputRequired(), NumberRange(0, 366)], default=28)
    planned_minutes = CountField(_l("Planned duration"), [InputRequired(), NumberRange(15, 6000)], default=60)
    is_to_bill = BooleanField(_l("Hours and parts are to bill"), default=True)
    not_to_bill_reason = TextField(_l("Why they are not"), length=250)

    def offer(self, site_id: int, contract: Contract | None = None) -> None:
        """The machines at the site; those of the contract also when they are archived."""
        machines = {row.id: row for row in equipment_at(site_id)}
        machines |= {row.equipment_id: row.equipment for row in (contract.machines if contract else [])}
        self.machine_ids.choices = choices((row.id, machine_name(row)) for row in machines.values())

    def fill(self, contract: Contract) -> None:
        """What the row does not say under the field's name."""
        self.machine_ids.data = [row.equipment_id for row in contract.machines]
        self.interval_unit.data = contract.interval_unit.value

    def values(self) -> ContractValues:
        """For the services; numbers and days are there once the form is valid."""
        first: dt.date = self.first_date.data
        return ContractValues(
            name=self.name.data or "",
            kind_of_work=self.kind_of_work.data or "",
            reference=self.reference.data or "",
            description=self.description.data or "",
            tasks=self.tasks.data or "",
            first_date=first,
            end_date=self.end_date.data,
            interval_count=self.interval_count.data or 1,
            interval_unit=IntervalUnit(self.interval_unit.data),
            days_before=self.days_before.data or 0,
            days_after=self.days_after.data or 0,
            lead_days=self.lead_days.data or 0,
            planned_minutes=self.planned_minutes.data or 60,
            is_to_bill=self.is_to_bill.data,
            not_to_bill_reason=self.not_to_bill_reason.data or "",
        )


class ReasonForm(Form):
    """A step that needs its reason."""

    reason = TextField(_l("Reason"), [InputRequired(_l("Say why."))], length=250)


class EndForm(ReasonForm):
    """The end of a contract."""

    cancels_orders = BooleanField(_l("Cancel its orders for which nobody is planned"))


class BackOutForm(ReasonForm):
    """An order that was made is not to be done."""

    then = RadioField(
        _l("The date"),
        choices=[
            SelectChoice(AGAIN, _l("is offered again: the next run, or the button, makes it anew")),
            SelectChoice(SKIP, _l("is skipped: nobody goes")),
        ],
        default=SKIP,
    )


def chosen_day(text: str) -> dt.date | None:
    """A date in an address; None for what is none."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def no_such_day() -> str:
    """The sentence for an address that names no day."""
    return _("This is no date of the contract.")
