"""An address on a document (S3): its limits, and the dict that documents keep."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from fsm.company.countries import COUNTRIES
from fsm.core.errors import DomainError

LENGTHS = {"street": 150, "street2": 150, "postal_code": 10, "city": 50}
KINDS = ("billing_address", "delivery_address", "site_address")
_NOT_STORED = re.compile(r"[\x00-\x1f\x7f]")


def checked(address: Mapping[str, Any], field: str) -> dict[str, str]:
    """The five parts, stripped. DomainError at ``<field>-<part>`` for one that is too long or no country."""
    parts = {name: str(address.get(name) or "").strip() for name in (*LENGTHS, "country_code")}
    for name, most in LENGTHS.items():
        if len(parts[name]) > most:
            raise DomainError(_("At most %(most)s characters.", most=most), f"{field}-{name}")
        if _NOT_STORED.search(parts[name]):
            raise DomainError(_("There is a character here that cannot be stored."), f"{field}-{name}")
    if parts["country_code"] not in COUNTRIES:
        raise DomainError(_("A country is written with two capitals, such as BE."), f"{field}-country_code")
    return parts
