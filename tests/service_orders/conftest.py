"""A site, a rate and a part to work with."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest
from flask import Flask

from fsm.core.db import session, writing
from fsm.service_orders.models import ServiceSettings
from fsm.users.actor import Actor
from fsm.users.models import Role
from tests import factories
from tests.conftest import user_of

MORNING = dt.datetime(2026, 3, 20, 8, 0, tzinfo=dt.UTC)
EVENING = dt.datetime(2026, 3, 20, 20, 0, tzinfo=dt.UTC)


@dataclass
class Field:
    """Ids and people of a small company."""

    customer_id: int
    site_id: int
    item_id: int
    rate_id: int
    travel_id: int
    distance_id: int
    office: Actor
    technician: Actor
    other: Actor


@pytest.fixture
def field(database: Flask) -> Field:
    """No signature is asked for; billable time is real time."""
    with writing():
        site = factories.make_site(factories.make_customer())
        rules = session.get(ServiceSettings, 1)
        assert rules is not None
        rules.is_signature_required, rules.rounding_minutes = False, 1
        other = factories.make_user(Role.TECHNICIAN, email="other@test.example", name="Other Technician")
        made = Field(
            customer_id=site.customer_id,
            site_id=site.id,
            item_id=factories.make_item().id,
            rate_id=factories.make_rate().id,
            travel_id=factories.make_rate(name="Travel", kind="travel_time", price=Decimal(40)).id,
            distance_id=factories.make_rate(name="Kilometres", kind="distance", price=Decimal("0.52")).id,
            office=factories.actor_of(user_of(Role.OFFICE)),
            technician=factories.actor_of(user_of(Role.TECHNICIAN)),
            other=factories.actor_of(other),
        )
    session.remove()
    return made
