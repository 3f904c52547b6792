"""One service order on one screen, for the tablet and for the desk; and the page that validates it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from fsm.catalog.queries import rates
from fsm.catalog.tax_rates import proposed_rate, why
from fsm.company.services import the_company
from fsm.core import audit
from fsm.core.formats import local_day
from fsm.service_orders import queries, services, told
from fsm.service_orders.billable import BillableWork, BillingState, billing_state
from fsm.service_orders.blueprint import bp
from fsm.service_orders.forms import BILLING, PRIORITIES, STATES
from fsm.service_orders.models import (
    OrderState,
    PartUsed,
    Photo,
    ServiceOrder,
    Stamp,
    StampKind,
    TimeEntry,
    Visit,
    WorkClaim,
)
from fsm.service_orders.parts import PART_KINDS
from fsm.service_orders.time_entries import TIME_KINDS
from fsm.service_orders.visibility import find, is_desk, sees_sale_prices
from fsm.users.history import timeline

_WHOLE = (
    joinedload(ServiceOrder.customer),
    joinedload(ServiceOrder.payer),
    joinedload(ServiceOrder.site),
    joinedload(ServiceOrder.equipment),
    selectinload(ServiceOrder.visits).joinedload(Visit.technician),
    selectinload(ServiceOrder.photos),
    selectinload(ServiceOrder.tasks),
    selectinload(ServiceOrder.stamps).joinedload(Stamp.technician),
)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A time entry or a part on the screen, with where it stands and the bill it is on."""

    work: Any
    state: BillingState
    bill_url: str | None
    may_change: bool


def status() -> int:
    """The status of a page that is shown: 200, or that of the refusal."""
    return int(g.get("refused_status", 422)) if request.method == "POST" else 200


def url_if_there(endpoint: str, **values: Any) -> str | None:  # noqa: ANN401 - parts of the address
    """The address of a page of a higher slice, where that is built and this user may open it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions and g.actor.can(endpoint) else None


def work_rows(order: ServiceOrder) -> tuple[list[WorkRow], list[WorkRow]]:
    """Time (a technician's own, for technicians) and parts."""
    claims = queries.claims_on(order.id)
    times = [_row(order, entry, claims.get(("time", entry.id))) for entry in queries.times_of(order.id, g.actor)]
    parts = [_row(order, part, claims.get(("part", part.id))) for part in queries.parts_of(order.id)]
    return times, parts


def _row(order: ServiceOrder, work: TimeEntry | PartUsed, claim: WorkClaim | None) -> WorkRow:
    state = billing_state(work, claim)
    url = None
    if claim is not None and claim.bill_kind == "invoice":
        url = url_if_there("invoices.show", invoice_id=claim.bill_id)
    if is_desk(g.actor):
        may_change = state is not BillingState.BILLED and order.state is not OrderState.CANCELLED
    else:
        is_open = order.state not in {OrderState.DONE, OrderState.CANCELLED}
        may_change = is_open and claim is None and work.technician_id == g.actor.id
    return WorkRow(work, state, url, may_change)


def _may_remove(photo: Photo) -> bool:
    return is_desk(g.actor) or photo.taken_by_id == g.actor.id


@bp.get("/<id:order_id>")
def show(order_id: int) -> ResponseReturnValue:
    order = find(order_id, g.actor, *_WHOLE)
    times, parts = work_rows(order)
    desk = is_desk(g.actor)
    to_bill = queries.to_bill_of(order.id) if desk else []
    return render_template(
        "service_orders/show.html",
        order=order,
        times=times,
        parts=parts,
        may_remove=_may_remove,
        is_desk=desk,
        is_open=order.state not in {OrderState.DONE, OrderState.CANCELLED},
        may_work=order.state is not OrderState.CANCELLED and (desk or order.state is not OrderState.DONE),
        is_technician=g.actor.can("service_orders.mine"),
        sees_prices=sees_sale_prices(g.actor),
        running=queries.running_timer(g.actor.id),
        is_on_my_way=_may_set_out(order),
        **(told.facts(order) if desk else {}),
        time_rates=rates(*TIME_KINDS),
        part_rates=rates(*PART_KINDS),
        history=queries.history_of_equipment(order, g.actor),
        to_bill_value=sum((work.value for work in to_bill), Decimal("0.00")),
        invoice_url=url_if_there("invoices.draft_from_order", order_id=order.id) if to_bill else None,
        choose_url=_choose_url(order, len(to_bill)),
        customer_url=url_if_there("customers.show", customer_id=order.customer_id),
        missing=services.missing_to_finish(order) if order.state is OrderState.IN_PROGRESS else [],
        entries=timeline("service_order", order.id) if desk else [],
        states=STATES,
        billing=BILLING,
        priorities=PRIORITIES,
    )


def _may_set_out(order: ServiceOrder) -> bool:
    """A technician who has not yet begun, and has not said so today."""
    if not g.actor.can("service_orders.on_my_way") or order.state not in {OrderState.DRAFT, OrderState.SCHEDULED}:
        return False
    mine = [stamp for stamp in order.stamps if stamp.technician_id == g.actor.id]
    return not any(stamp.kind is StampKind.ON_MY_WAY and local_day(stamp.at) == g.today for stamp in mine)


@bp.route("/<id:order_id>/validate", methods=["GET", "POST"])
def validate(order_id: int) -> ResponseReturnValue:
    if request.method == "POST":
        order = services.validate(order_id, actor=g.actor, moment=audit.now())
        flash(_("%(number)s is validated.", number=order.number), "success")
        if order.has_work_to_bill:  # invoice later: the list where it waits, with count and value
            return redirect(url_for("service_orders.done_not_invoiced"), 303)
        return redirect(url_for("service_orders.show", order_id=order_id), 303)
    order = find(order_id, g.actor, *_WHOLE)
    times, parts = work_rows(order)
    to_bill = queries.to_bill_of(order.id)
    return render_template(
        "service_orders/validate.html",
        order=order,
        times=times,
        parts=parts,
        billing=BILLING,
        rates=_proposed_rates(order, to_bill),
        to_bill_value=sum((work.value for work in to_bill), Decimal("0.00")),
        invoice_url=url_if_there("invoices.draft_from_order", order_id=order.id) if to_bill else None,
        choose_url=_choose_url(order, len(to_bill)),
        summary=queries.to_invoice_summary(today=g.today),
    )


def _proposed_rates(order: ServiceOrder, to_bill: list[BillableWork]) -> dict[str, str]:
    """The VAT rate that each hour and part would be billed at today, with the reason; by kind and id."""
    company, payer = the_company(), order.payer or order.customer
    found = {}
    for work in to_bill:
        rate = proposed_rate(company, payer, work.taxed, site=order.site, on=g.today)
        found[f"{work.kind} {work.work_id}"] = why(rate.reason, rate.tax_rate, rate.special_status, order.site)
    return found


def _choose_url(order: ServiceOrder, count: int) -> str | None:
    """Where there is a choice: several hours and parts that are to bill."""
    if order.state is not OrderState.DONE or count < 2:  # noqa: PLR2004 - one thing is no choice
        return None
    return url_if_there("invoices.choose_work", order_id=order.id)
