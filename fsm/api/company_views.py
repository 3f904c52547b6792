"""What live clients read before they write: ``settings?fields=taxes``, ``accounts/current``, ``layouts``."""

import sqlalchemy as sa
from flask import g
from flask.typing import ResponseReturnValue

from fsm.api import answers, query
from fsm.api.blueprint import bp
from fsm.api.numbers import Number
from fsm.company import services as company_services
from fsm.core.db import session
from fsm.documents import queries as document_queries
from fsm.documents.models import Layout

PERCENT = Number()
SETTINGS = ("taxes", "tax_included", "tax_calculation", "days_due", "currency", "language")


@bp.get("/settings")
def settings_show() -> ResponseReturnValue:
    company, documents = company_services.the_company(), document_queries.settings()
    rates = (company.tax_rate_1, company.tax_rate_2, company.tax_rate_3)
    found = {
        "taxes": {f"tax{place}": {"rate": PERCENT.show(rate)} for place, rate in enumerate(rates, start=1)},
        "tax_included": "yes" if documents.tax_included else "no",
        "tax_calculation": documents.tax_calculation.value,
        "days_due": documents.days_due,
        "currency": "EUR",
        "language": company.language.value,
    }
    wanted = query.fields_of(SETTINGS)
    return answers.answer("settings", {name: value for name, value in found.items() if not wanted or name in wanted})


@bp.get("/accounts/current")
def accounts_current() -> ResponseReturnValue:
    """One installation is one account."""
    company = company_services.the_company()
    found = {
        "account_id": 1,
        "name": company.name,
        "tax_code": company.vat_number,
        "country_code": company.country_code,
        "user": g.actor.name,
    }
    return answers.answer("account", found)


@bp.get("/layouts")
def layouts_list() -> ResponseReturnValue:
    query_ = sa.select(Layout).where(Layout.archived_at.is_(None)).order_by(Layout.is_default.desc(), Layout.id)
    rows = [
        {"layout_id": row.id, "name": row.name, "is_default": "yes" if row.is_default else "no"}
        for row in session.scalars(query_)
    ]
    return answers.answer("layouts", rows)
