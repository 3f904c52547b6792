"""Forms of service orders, their visits, work, report, and the settings of service work."""

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import MultipleFileField
from wtforms import BooleanField, Field, HiddenField, SelectField, ValidationError
from wtforms.validators import InputRequired, NumberRange, Optional

from fsm.catalog.forms import PriceField, choices
from fsm.catalog.models import LaborRate
from fsm.core.fields import CountField, ExactField, Form, LongTextField, MomentField, TextField
from fsm.core.web import MAX_ID
from fsm.customers.models import Site
from fsm.service_orders.billable import BillingState
from fsm.service_orders.models import OrderState, Priority, ServiceOrder, TimeEntry
from fsm.service_orders.parts import MOST, PartValues
from fsm.service_orders.services import MOST_PLANNED_MINUTES, OrderValues, SettingsValues
from fsm.service_orders.site_search import equipment_at, payers_named, sites_of
from fsm.service_orders.time_entries import MOST_MINUTES, TimeValues

STATES = {
    OrderState.DRAFT: _l("Unscheduled"),
    OrderState.SCHEDULED: _l("Scheduled"),
    OrderState.IN_PROGRESS: _l("In progress"),
    OrderState.DONE: _l("Done"),
    OrderState.CANCELLED: _l("Cancelled"),
}
PRIORITIES = {
    Priority.LOW: _l("Low"),
    Priority.NORMAL: _l("Normal"),
    Priority.HIGH: _l("High"),
    Priority.EMERGENCY: _l("Emergency"),
}
BILLING = {
    BillingState.RUNNING: ("progress", _l("Timer runs")),
    BillingState.TO_BILL: ("open", _l("To bill")),
    BillingState.ON_DRAFT: ("draft", _l("On a draft")),
    BillingState.BILLED: ("paid", _l("Billed")),
    BillingState.NOT_TO_BILL: ("neutral", _l("Not to bill")),
}


def _lines(text: str | None) -> str:
    # Browsers send CRLF; a text that was only looked at must equal itself.
    return (text or "").replace("\r\n", "\n").strip()


class IdField(HiddenField):
    """The id of a row, or nothing; what is no id is nothing."""

    @property
    def number(self) -> int | None:
        """The id."""
        text = str(self.data or "")
        is_id = text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID  # noqa: PLR2004
        return int(text) if is_id else None


def _number(choice: Any) -> int | None:  # noqa: ANN401 - what a select sends
    return int(choice) if choice else None


class OrderForm(Form):
    """What was agreed with the customer."""

    site_id = SelectField(_l("Site"), coerce=int)
    description = LongTextField(_l("What is to be done"), [InputRequired()], length=10_000)
    equipment_id = SelectField(_l("Equipment"))
    payer = TextField(_l("Invoice to another customer"), length=100)
    reference = TextField(_l("Customer's reference"), length=250)
    kind_of_work = TextField(_l("Kind of work"), length=60)
    priority = SelectField(_l("Priority"), choices=choices((key.value, label) for key, label in PRIORITIES.items()))
    skills = TextField(_l("Skills needed"), length=200)
    tasks = LongTextField(_l("Tasks"), length=10_000)
    window_start_at = MomentField(_l("Promised from"))
    window_end_at = MomentField(_l("Promised until"))
    planned_minutes = CountField(_l("Expected to last"), [Optional(), NumberRange(1, MOST_PLANNED_MINUTES)])
    payer_id: int | None = None

    def offer(self, site: Site, order: ServiceOrder | None = None) -> None:
        """Sites and machines to choose from."""
        sites = {row.id: row.name for row in sites_of(site.customer_id)} | {site.id: site.name}
        self.site_id.choices = choices(sites.items())
        site_id = self.site_id.data if self.site_id.data in sites else site.id
        machines = equipment_at(site_id, order.equipment_id if order else None)
        named = ((row.id, " ".join(filter(None, (row.kind, row.make, row.model, row.serial)))) for row in machines)
        self.equipment_id.choices = choices([("", _("None")), *named])
        if order is not None:
            self.payer_id = order.payer_id

    def fill(self, site: Site, order: ServiceOrder | None = None) -> None:
        """The first state of the form."""
        self.site_id.data = site.id
        payer = order.payer if order else site.payer
        self.payer.data = payer.name if payer else ""
        self.priority.data = (order.priority if order else Priority.NORMAL).value
        self.equipment_id.data = str(order.equipment_id or "") if order else ""
        self.tasks.data = "\n".join(task.description for task in order.tasks) if order else ""

    def validate_payer(self, field: Field) -> None:
        """A name or a VAT number that one customer has."""
        if not field.data:
            self.payer_id = None
            return
        found = payers_named(field.data)
        if self.payer_id in {customer.id for customer in found}:
            return
        if not found:
            raise ValidationError(_("There is no customer of this name or VAT number."))
        if len(found) > 1:
            raise ValidationError(_("Several customers have this name: type the VAT number."))
        self.payer_id = found[0].id

    def task_lines(self) -> list[str]:
        """One task a line."""
        return [line.strip() for line in (self.tasks.data or "").splitlines() if line.strip()]

    def values(self) -> OrderValues:
        """For the services."""
        return OrderValues(
            site_id=self.site_id.data,
            description=self.description.data or "",
            payer_id=self.payer_id,
            equipment_id=_number(self.equipment_id.data),
            reference=self.reference.data or "",
            kind_of_work=self.kind_of_work.data or "",
            priority=Priority(self.priority.data),
            skills=self.skills.data or "",
            window_start_at=self.window_start_at.data,
            window_end_at=self.window_end_at.data,
            planned_minutes=self.planned_minutes.data,
        )


class VisitForm(Form):
    """Who comes when."""

    technician_id = SelectField(_l("Technician"), coerce=int)
    start_at = MomentField(_l("Start"), [InputRequired()])
    end_at = MomentField(_l("End"), [InputRequired()])


class TimerForm(Form):
    """Which rate the timer counts for; empty: the default."""

    labor_rate_id = IdField()


class TimeForm(Form):
    """Typed hours. Technician, billable minutes and price are the office's."""

    technician_id = SelectField(_l("Technician"), coerce=int)
    labor_rate_id = SelectField(_l("Rate"), coerce=int)
    start_at = MomentField(_l("Start"), [InputRequired()])
    end_at = MomentField(_l("End"), [InputRequired()])
    description = TextField(_l("What was done"), length=500)
    billable_minutes = CountField(_l("Billable minutes"), [Optional(), NumberRange(0, MOST_MINUTES)])
    unit_price = PriceField(_l("Price per hour"))
    is_desk = False

    def offer(self, rates: list[LaborRate], technicians: list[tuple[int, str]], *, is_desk: bool) -> None:
        """The choices, and what only the office sets."""
        self.labor_rate_id.choices = choices((rate.id, rate.name) for rate in rates)
        self.technician_id.choices = choices(technicians)
        self.technician_id.validate_choice = is_desk  # a technician's page does not have it
        self.is_desk = is_desk

    def fill(self, entry: TimeEntry, by_rule: int) -> None:
        """Billable minutes stay empty where they follow the rule, so that they follow a corrected time too."""
        self.billable_minutes.data = None if entry.billable_minutes == by_rule else entry.billable_minutes

    def values(self) -> TimeValues:
        """For the services."""
        return TimeValues(
            start_at=self.start_at.data,
            end_at=self.end_at.data,
            labor_rate_id=self.labor_rate_id.data,
            description=self.description.data or "",
            technician_id=self.technician_id.data if self.is_desk else None,
            billable_minutes=self.billable_minutes.data if self.is_desk else None,
            unit_price=self.unit_price.data if self.is_desk else None,
        )


class PartForm(Form):
    """A part: how many of what. The services take description, unit and price from the office only."""

    stock_item_id = IdField()
    labor_rate_id = IdField()
    quantity = ExactField(_l("Quantity"), [InputRequired()], low=Decimal("0.01"), high=MOST)
    description = TextField(_l("Description"), length=500)
    unit = TextField(_l("Unit"), length=10)
    unit_price = PriceField(_l("Price"))

    def values(self) -> PartValues:
        """For the services."""
        return PartValues(
            quantity=self.quantity.data,
            stock_item_id=self.stock_item_id.number,
            labor_rate_id=self.labor_rate_id.number,
            description=self.description.data or "",
            unit=self.unit.data or "",
            unit_price=self.unit_price.data,
        )


class ReasonForm(Form):
    """A step that needs its reason."""

    reason = TextField(_l("Reason"), [InputRequired()], length=250)


class ReportForm(Form):
    """The work report, and the text that it was made from."""

    report = LongTextField(_l("Report"), length=20_000, filters=[_lines])
    before = HiddenField(filters=[_lines])


class SignForm(Form):
    """Who signs, and the signature as the canvas gives it."""

    signed_by = TextField(_l("Name of the customer"), [InputRequired()], length=100)
    signature = HiddenField(_l("Signature"), [InputRequired(_l("Sign here first."))])


class PhotoForm(Form):
    """Pictures, and a word about them."""

    photos = MultipleFileField(_l("Photos"))
    caption = TextField(_l("Caption"), length=200)


class CaptionForm(Form):
    """What a photo shows."""

    caption = TextField(_l("Caption"), length=200)


class FinishForm(ReportForm):
    """All that Done may still need, in one form."""

    nothing_to_bill_reason = TextField(_l("Why nothing is billed"), length=250)
    signed_by = TextField(_l("Name of the customer"), length=100)
    signature = HiddenField(_l("Signature"))
    no_signature_reason = TextField(_l("Why there is no signature"), length=250)


class SettingsForm(Form):
    """The company's rules."""

    is_signature_required = BooleanField(_l("Done asks for the customer's signature, or why there is none"))
    technicians_see_sale_prices = BooleanField(_l("Technicians see sale prices"))
    minimum_minutes = CountField(_l("Least billable minutes of a time entry"), [InputRequired(), NumberRange(0, 480)])
    rounding_minutes = CountField(_l("Rounded up to whole steps of minutes"), [InputRequired(), NumberRange(1, 60)])
    weekly_hours = ExactField(_l("A technician's week"), [InputRequired()], places=2, low=1, high=100)
    tells_booked = BooleanField(_l("when a visit is booked, moved or cancelled"))
    tells_on_my_way = BooleanField(_l("when the technician is on the way"))
    tells_done = BooleanField(_l("when the work is done, with the report"))

    def values(self) -> SettingsValues:
        """For the services."""
        return SettingsValues(
            is_signature_required=self.is_signature_required.data,
            technicians_see_sale_prices=self.technicians_see_sale_prices.data,
            minimum_minutes=self.minimum_minutes.data or 0,
            rounding_minutes=self.rounding_minutes.data or 1,
            weekly_hours=self.weekly_hours.data or Decimal(38),
            tells_booked=self.tells_booked.data,
            tells_on_my_way=self.tells_on_my_way.data,
            tells_done=self.tells_done.data,
        )
