"""The form of a remark."""

import datetime as dt
from typing import Any

from flask_babel import lazy_gettext as _l

from fsm.core.fields import DayField, Form, LongTextField
from fsm.documents.remarks import MAX_CHARACTERS


class RemarkForm(Form):
    """A dated note for colleagues."""

    remark_date = DayField(_l("Date"))
    description = LongTextField(_l("Remark"), length=MAX_CHARACTERS)
    description_html = LongTextField(_l("With formatting (HTML)"), length=10 * MAX_CHARACTERS)

    def values(self, today: dt.date) -> dict[str, Any]:
        """For the service."""
        return {
            "remark_date": self.remark_date.data or today,
            "description": self.description.data or "",
            "description_html": self.description_html.data or "",
        }
