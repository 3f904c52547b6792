"""The form of the settings."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectChoice, SelectField  # type: ignore[attr-defined]  # reason: stubs are older
from wtforms.validators import InputRequired, NumberRange

from fsm.backups.models import BackupSettings
from fsm.backups.services import SettingsValues
from fsm.core.fields import CountField, Form

MOST_KEPT = 400
HOURS = [SelectChoice(hour, f"{hour:02}:00") for hour in range(24)]


class SettingsForm(Form):
    """When, and how many are kept."""

    is_daily = BooleanField(_l("Make a backup each day"))
    hour = SelectField(_l("At"), choices=HOURS, coerce=int)
    keep_daily = CountField(_l("Days"), [InputRequired(_l("How many?")), NumberRange(1, MOST_KEPT)])
    keep_weekly = CountField(_l("Weeks"), [InputRequired(_l("How many?")), NumberRange(0, MOST_KEPT)])
    keep_monthly = CountField(_l("Months"), [InputRequired(_l("How many?")), NumberRange(0, MOST_KEPT)])

    def values(self) -> SettingsValues:
        """For the service."""
        return SettingsValues(
            is_daily=bool(self.is_daily.data),
            hour=self.hour.data,
            keep_daily=self.keep_daily.data or 1,
            keep_weekly=self.keep_weekly.data or 0,
            keep_monthly=self.keep_monthly.data or 0,
        )


def settings_form(row: BackupSettings) -> SettingsForm:
    """Filled with what holds."""
    return SettingsForm(obj=row)
