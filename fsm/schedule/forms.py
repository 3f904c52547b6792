"""Forms of working hours, absences, skills, settings, and of the board's moves."""

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, HiddenField, SelectField, widgets
from wtforms.validators import DataRequired, InputRequired, NumberRange

from fsm.catalog.forms import choices
from fsm.core.errors import DomainError
from fsm.core.fields import CountField, DayField, Form, LongTextField, MomentField, TextField
from fsm.core.formats import local, zone
from fsm.core.web import MAX_ID
from fsm.schedule import hours
from fsm.schedule.hours import MOST_SPANS, WEEKDAYS, Week
from fsm.schedule.models import Absence
from fsm.schedule.services import AbsenceValues, SettingsValues
from fsm.users.forms import MultiCheckboxField

DAY_NAMES = {
    1: _l("Monday"),
    2: _l("Tuesday"),
    3: _l("Wednesday"),
    4: _l("Thursday"),
    5: _l("Friday"),
    6: _l("Saturday"),
    7: _l("Sunday"),
}
_CLOCK_LENGTH = 5


class ClockField(Field):
    """A time of day as browsers send it; kept as minutes from midnight, None where empty."""

    widget = widgets.TimeInput()
    data: int | None

    def __init__(self, label: Any = None, *args: Any, is_end: bool = False, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(label, *args, **kwargs)
        self.is_end = is_end

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else hours.clock(self.data % hours.DAY_MINUTES)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse; ValueError with the sentence for the field. Midnight as an end is that of the next day."""
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        try:
            time = dt.time.fromisoformat(text if len(text) <= _CLOCK_LENGTH else text[:_CLOCK_LENGTH])
        except ValueError:
            raise ValueError(_("This is not a time of day.")) from None
        minutes = time.hour * 60 + time.minute
        self.data = hours.DAY_MINUTES if self.is_end and minutes == 0 else minutes


class WeekForm(Form):
    """Two spans a day; a day without is free. Fields are named ``day_1_start_0`` and so on."""

    def rows(self) -> list[tuple[int, Any, list[tuple[Any, Any]]]]:
        """(weekday, its name, its pairs of fields) for the page."""
        return [(day, DAY_NAMES[day], [self._pair(day, place) for place in range(MOST_SPANS)]) for day in WEEKDAYS]

    def fill_week(self, week: Week) -> None:
        """The first state."""
        for day in WEEKDAYS:
            for place, (start, end) in enumerate(week.get(day, [])[:MOST_SPANS]):
                first, last = self._pair(day, place)
                first.data, last.data = start, end

    def week(self) -> Week:
        """DomainError at the field that is wrong."""
        found: Week = {}
        for day in WEEKDAYS:
            spans = []
            for place in range(MOST_SPANS):
                first, last = self._pair(day, place)
                if (first.data is None) != (last.data is None):
                    missing = first if first.data is None else last
                    raise DomainError(_("Give both a beginning and an end, or neither."), missing.name)
                if first.data is not None:
                    if last.data <= first.data:
                        raise DomainError(_("The end comes before the start."), last.name)
                    spans.append((first.data, last.data))
            try:
                found |= hours.check({day: spans})
            except DomainError as error:
                raise DomainError(str(error), self._pair(day, 1)[0].name) from None
        return found

    def _pair(self, day: int, place: int) -> tuple[Any, Any]:
        return self[f"day_{day}_start_{place}"], self[f"day_{day}_end_{place}"]


for _day in WEEKDAYS:
    for _place, (_from, _until) in enumerate(
        ((_l("from"), _l("until")), (_l("afternoon from"), _l("afternoon until")))
    ):
        setattr(WeekForm, f"day_{_day}_start_{_place}", ClockField(_from))
        setattr(WeekForm, f"day_{_day}_end_{_place}", ClockField(_until, is_end=True))


class SettingsForm(WeekForm):
    """The company's hours, and how far technicians come in an hour."""

    speed_kmh = CountField(_l("Speed along the straight line"), [InputRequired(), NumberRange(5, 130)])
    visit_minutes = CountField(_l("A visit lasts, where nothing else is said"), [InputRequired(), NumberRange(15, 480)])

    def values(self) -> SettingsValues:
        """For the services."""
        return SettingsValues(self.week(), self.speed_kmh.data or 0, self.visit_minutes.data or 0)


class TechnicianForm(WeekForm):
    """Hours of one's own, and skills."""

    has_own_hours = BooleanField(_l("Own working hours"))
    skill_ids = MultiCheckboxField(_l("Skills"), coerce=int)


class AbsenceForm(Form):
    """Days, with times where it is not whole days."""

    technician_id = SelectField(_l("Technician"), coerce=int)
    from_date = DayField(_l("First day"), [InputRequired()])
    from_time = ClockField(_l("From"))
    to_date = DayField(_l("Last day"), [InputRequired()])
    to_time = ClockField(_l("Until"), is_end=True)
    reason = TextField(_l("Reason"), length=100)

    def fill(self, row: Absence) -> None:
        """Whole days have no times."""
        start, end = local(row.start_at), local(row.end_at)
        self.technician_id.data, self.reason.data = row.technician_id, row.reason
        self.from_date.data = start.date()
        self.from_time.data = start.hour * 60 + start.minute or None
        is_whole = (end.hour, end.minute) == (0, 0)
        self.to_date.data = end.date() - dt.timedelta(days=1) if is_whole else end.date()
        self.to_time.data = None if is_whole else end.hour * 60 + end.minute

    def values(self) -> AbsenceValues:
        """For the services: from the first day's midnight or time to the last day's."""
        until = hours.DAY_MINUTES if self.to_time.data is None else self.to_time.data
        return AbsenceValues(
            self.technician_id.data,
            hours.moment_of(self.from_date.data, self.from_time.data or 0, zone()),
            hours.moment_of(self.to_date.data, until, zone()),
            self.reason.data or "",
        )


class SkillForm(Form):
    """A skill, and the work that asks for it."""

    name = TextField(_l("Name"), [DataRequired()], length=60)
    kinds_of_work = LongTextField(_l("Kinds of work that need it"), length=2000)


def _id(text: object) -> int | None:
    text = str(text or "")
    is_id = text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID  # noqa: PLR2004 - 2^63
    return int(text) if is_id else None


class PlaceForm(Form):
    """Where a visit is dropped. ``visit_id`` for one that is there, ``order_id`` for one of the tray."""

    visit_id = HiddenField()
    order_id = HiddenField()
    technician_id = SelectField(_l("Technician"), coerce=int)
    start_at = MomentField(_l("Start"), [InputRequired()])
    end_at = MomentField(_l("End"), [InputRequired()])
    from_tray = HiddenField()

    def offer(self, technicians: list[tuple[int, str]]) -> None:
        """Whom to choose from."""
        self.technician_id.choices = choices(technicians)

    def ids(self) -> tuple[int | None, int | None]:
        """(visit, order); None for what is no id."""
        return _id(self.visit_id.data), _id(self.order_id.data)


class ProposalForm(Form):
    """Days to be filled, or rows that are chosen."""

    from_date = DayField(_l("From"), [InputRequired()])
    days = CountField(_l("Days"), [InputRequired(), NumberRange(1, 14)])
