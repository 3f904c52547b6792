"""The form of a layout."""

from collections.abc import Sequence
from dataclasses import fields

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import DataRequired, Optional

from fsm.company.models import BankAccount
from fsm.core.fields import Form, LongTextField, TextField
from fsm.documents.layouts import MAX_FOOTER, MAX_NAME, LayoutValues
from fsm.documents.models import Layout, TimeAnnex


def design_choices() -> list[tuple[str, str]]:
    """The designs that the program has."""
    return [("classic", _("Classic: lines and white")), ("modern", _("Modern: a band of colour, filled tables"))]


def logo_size_choices() -> list[tuple[str, str]]:
    """How much room the logo has."""
    return [("small", _("Small")), ("medium", _("Medium")), ("large", _("Large"))]


def time_annex_choices() -> list[tuple[str, str]]:
    """What is listed behind the document."""
    return [
        (TimeAnnex.NONE.value, _("Not listed")),
        (TimeAnnex.HOURS.value, _("Day, work order, work, hours")),
        (TimeAnnex.TECHNICIANS.value, _("The same with the technician's name")),
    ]


def _id_or_none(text: object) -> int | None:
    return int(str(text)) if str(text).isascii() and str(text).isdigit() else None


class LayoutForm(Form):
    """How documents look."""

    name = TextField(_l("Name"), [DataRequired()], length=MAX_NAME)
    design = SelectField(_l("Design"), choices=design_choices)
    accent = TextField(_l("Colour"), [DataRequired()], length=7, render_kw={"type": "color"})
    logo_size = SelectField(_l("Size of the logo"), choices=logo_size_choices)
    footer = LongTextField(_l("Text at the foot of each page"), length=MAX_FOOTER)
    bank_account_id = SelectField(_l("Bank account"), [Optional()], coerce=_id_or_none, validate_choice=False)
    time_annex = SelectField(_l("Hours worked"), choices=time_annex_choices, coerce=TimeAnnex)

    @classmethod
    def of(cls, row: Layout | LayoutValues, accounts: Sequence[BankAccount], *, is_sent: bool = True) -> "LayoutForm":
        """With what is stored; what was sent counts before it."""
        form = cls(obj=row) if is_sent else cls(formdata=None, obj=row)
        form.bank_account_id.choices = [
            ("", _("The default one")),
            *((str(account.id), f"{account.name} · {account.iban}") for account in accounts),
        ]
        return form

    def values(self) -> LayoutValues:
        """For the service."""
        return LayoutValues(**{field.name: self[field.name].data for field in fields(LayoutValues)})
