"""Forms of sales orders."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import SelectField
from wtforms.validators import InputRequired

from fsm.core.fields import Form, LongTextField
from fsm.customers.models import Site


class ServiceOrderForm(Form):
    """Where the work is done, and what it is."""

    site_id = SelectField(_l("Site"), coerce=int)
    description = LongTextField(_l("What is to be done"), [InputRequired()], length=10_000)

    def offer(self, sites: list[Site]) -> None:
        """The sites of the customer."""
        choices: list[Any] = [(site.id, f"{site.name}, {site.city}" if site.city else site.name) for site in sites]
        self.site_id.choices = choices
