"""Contracts in words."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from fsm.contracts.models import Contract, ContractState, IntervalUnit
from fsm.core.lists import Status

STATES: dict[ContractState, Any] = {
    ContractState.ACTIVE: _l("Active"),
    ContractState.PAUSED: _l("Paused"),
    ContractState.ENDED: _l("Ended"),
}
_KINDS = {ContractState.ACTIVE: "open", ContractState.PAUSED: "warning", ContractState.ENDED: "neutral"}
UNITS: dict[IntervalUnit, Any] = {
    IntervalUnit.DAYS: _l("days"),
    IntervalUnit.WEEKS: _l("weeks"),
    IntervalUnit.MONTHS: _l("months"),
}


def status_of(contract: Contract) -> Status:
    """The state in words."""
    return Status(_KINDS[contract.state], str(STATES[contract.state]))


def rhythm_words(count: int, unit: IntervalUnit) -> str:
    """How often: 'every 6 months'."""
    match unit:
        case IntervalUnit.DAYS:
            return ngettext("every day", "every %(num)s days", count)
        case IntervalUnit.WEEKS:
            return ngettext("every week", "every %(num)s weeks", count)
        case IntervalUnit.MONTHS if count % 12 == 0:
            return ngettext("every year", "every %(num)s years", count // 12)
        case _:
            return ngettext("every month", "every %(num)s months", count)
