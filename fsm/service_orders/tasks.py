"""The list of things to do on an order, and the stamps of a visit: on my way, started, finished."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _

from fsm.core import audit
from fsm.core.db import session
from fsm.core.errors import DomainError, NotFoundError
from fsm.service_orders import messages
from fsm.service_orders.models import OrderState, ServiceOrder, Stamp, StampKind, Task
from fsm.service_orders.services import begin, refuse_change
from fsm.service_orders.visibility import hold
from fsm.users.actor import Actor

MOST_TASKS = 50
LONGEST_TASK = 200


def set_tasks(order_id: int, descriptions: Sequence[str], *, actor: Actor) -> ServiceOrder:
    """Make these the order's tasks, in this order; those that are worded as before keep their tick."""
    order = hold(order_id, actor)
    if len(descriptions) > MOST_TASKS:
        raise DomainError(_("At most %(count)s tasks.", count=MOST_TASKS), "tasks")
    if any(len(description) > LONGEST_TASK for description in descriptions):
        raise DomainError(_("A task has at most %(count)s characters.", count=LONGEST_TASK), "tasks")
    left = list(order.tasks)
    for position, description in enumerate(descriptions):
        same = next((task for task in left if task.description == description), None)
        if same is None:
            session.add(Task(service_order_id=order.id, position=position, description=description))
        else:
            left.remove(same)
            same.position = position
    for task in left:
        session.delete(task)
    session.flush()
    session.expire(order, ["tasks"])
    return order


def tick_task(order_id: int, task_id: int, *, is_done: bool, actor: Actor, moment: dt.datetime) -> Task:
    """Tick a task off, or take the tick back; a second time changes nothing."""
    order = hold(order_id, actor)
    refuse_change(order, actor)
    task = session.get(Task, task_id)
    if task is None or task.service_order_id != order.id:
        raise NotFoundError(_("There is no such task any more."))
    if is_done != (task.done_at is not None):
        task.done_at, task.done_by_id = (moment, actor.id) if is_done else (None, None)
        session.flush()
    return task


def stamp(
    order_id: int, kind: StampKind, *, actor: Actor, moment: dt.datetime, device_at: dt.datetime | None = None
) -> Stamp:
    """Say when a technician took a step. Starting puts the order in progress unless it is."""
    order = hold(order_id, actor)
    if kind is not StampKind.FINISH:
        refuse_change(order, actor)
    if kind is StampKind.START and order.state in {OrderState.DRAFT, OrderState.SCHEDULED}:
        begin(order, moment)
    made = Stamp(service_order_id=order.id, technician_id=actor.id, kind=kind, at=moment, device_at=device_at)
    session.add(made)
    session.flush()
    if kind is StampKind.ON_MY_WAY:
        audit.note([("service_order", order.id)], _("%(name)s is on the way.", name=actor.name))
        messages.on_my_way(order, actor, moment)
    return made
