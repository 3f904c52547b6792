"""The form of a credit note: which quantities of a posted invoice are taken back."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from fsm.core.fields import ExactField, Form
from fsm.invoices.crediting import CreditableLine


def releases_choices() -> list[tuple[str, str]]:
    """What becomes of the work on a credit note."""
    return [
        ("no", _("No: the credit is final, the work stays billed")),
        ("yes", _("Yes: lines that are credited in full go back to “To invoice”")),
    ]


class CreditForm(Form):
    """Which quantities of a posted invoice are taken back; its quantity fields are made by ``credit_form``."""

    releases_work = RadioField(
        _l("Bill the hours and parts again?"),
        [InputRequired(_l("Say whether the work is to be billed again."))],
        choices=releases_choices,
    )

    def quantities(self) -> dict[int, Decimal]:
        """By the invoice's line id; the sign is the line's own."""
        found = {}
        for name, field in self._fields.items():
            if name.startswith("quantity-") and field.data is not None:
                found[int(name.removeprefix("quantity-"))] = field.data
        return found


def credit_form(lines: Sequence[CreditableLine], chosen: Mapping[int, Decimal] | None, **kwargs: Any) -> CreditForm:  # noqa: ANN401 - WTForms'
    """The form for these lines; ``chosen`` None proposes all that is left."""
    quantity_fields: dict[str, Any] = {}
    for entry in lines:
        if entry.left_quantity:
            quantity = entry.left_quantity if chosen is None else chosen.get(entry.line.id, Decimal(0))
            low, high = sorted((Decimal(0), entry.left_quantity))
            quantity_fields[f"quantity-{entry.line.id}"] = ExactField(
                _l("Credit"), low=low, high=high, default=quantity
            )
    form: CreditForm = type("CreditFormOfLines", (CreditForm,), quantity_fields)(**kwargs)
    return form
