"""Fills slots with tasks by PyVRP, a solver of vehicle routing problems; an extra, which runs as a program of its own.

The worker starts it (jobs.py) with the question on its standard input, and reads the answer: no other process loads the
solver, and its time and memory have an end.

Each slot is a vehicle that starts where the visit before it is and ends where the one after it is; each task is a client
with a prize, so that as much as possible is planned, the urgent first, and then with the shortest travel. Time is counted
in steps of five minutes, distance in minutes of travel.
"""

import datetime as dt
import json
import sys
from collections.abc import Iterable, Sequence

import pyvrp
from pyvrp.stop import MaxRuntime, MultipleCriteria, NoImprovement

from fsm.schedule.slots import STEP, Slot, Task, unpacked
from fsm.schedule.travel import Place, travel_minutes

PATIENCE = 2000  # iterations without a better answer
PRIZE = 100_000  # minutes of travel that an order of weight 1 is worth: more than any detour


def solve(
    tasks: Sequence[Task], slots: Sequence[Slot], *, speed_kmh: int, seconds: float, seed: int = 1
) -> list[tuple[Slot, list[Task]]]:
    """Which tasks go into which slot, in which order. Slots without a task and tasks without a slot are left out."""
    if not tasks or not slots:
        return []
    model = _Model(tasks, slots, speed_kmh)
    stop = MultipleCriteria([MaxRuntime(seconds), NoImprovement(PATIENCE)])
    result = model.model.solve(stop, seed=seed, collect_stats=False, display=False)
    if not result.is_feasible():
        return []
    return [
        (slots[route.vehicle_type()], [tasks[activity.idx] for activity in route if activity.is_client()])
        for route in result.best.routes()
    ]


class _Model:
    """The problem in PyVRP's words."""

    def __init__(self, tasks: Sequence[Task], slots: Sequence[Slot], speed_kmh: int) -> None:
        self.model, self.speed_kmh = pyvrp.Model(), speed_kmh
        self.origin = min(slot.start for slot in slots)
        self.horizon = self._step(max(slot.end for slot in slots))
        places = dict.fromkeys(place for slot in slots for place in (slot.before, slot.after))
        of_depot = {place: self.model.add_location(0, 0) for place in places}
        depots = {place: self.model.add_depot(location) for place, location in of_depot.items()}
        of_task = [self._add(task) for task in tasks]
        profiles: dict[frozenset[int], pyvrp.Profile] = {}
        for slot in slots:
            able = frozenset(number for number, task in enumerate(tasks) if task.needs <= slot.skills)
            if able not in profiles:
                profiles[able] = self.model.add_profile()
                ends = [*of_depot.items(), *((tasks[number].place, of_task[number]) for number in sorted(able))]
                self._connect(ends, profiles[able])
            self.model.add_vehicle_type(
                start_depot=depots[slot.before],
                end_depot=depots[slot.after],
                tw_early=self._step(slot.start),
                tw_late=self._step(slot.end),
                profile=profiles[able],
            )

    def _add(self, task: Task) -> pyvrp.Location:
        location = self.model.add_location(0, 0)
        steps = -(-task.minutes // STEP)
        first = self._step(task.window_start, up=True) if task.window_start else 0
        last = min(self._step(task.window_end), self.horizon) if task.window_end else self.horizon
        # A task whose window is over is left out by having no time at all: the solver wants early <= late.
        is_possible = max(first, 0) <= last - steps
        self.model.add_client(
            location,
            service_duration=steps,
            tw_early=max(first, 0) if is_possible else self.horizon,
            tw_late=last - steps if is_possible else self.horizon,
            prize=PRIZE * task.weight,
            required=False,
        )
        return location

    def _connect(self, ends: Iterable[tuple[Place | None, pyvrp.Location]], profile: pyvrp.Profile) -> None:
        """Only what the technicians of this profile can do is connected: all else is out of their reach."""
        ends = list(ends)
        for place, location in ends:
            for other, destination in ends:
                if location is not destination:
                    minutes = travel_minutes(place, other, self.speed_kmh)
                    self.model.add_edge(location, destination, minutes, -(-minutes // STEP), profile)

    def _step(self, moment: dt.datetime, *, up: bool = False) -> int:
        minutes = (moment - self.origin).total_seconds() / 60
        return int(-(-minutes // STEP) if up else minutes // STEP)


def main() -> None:
    """Answer one question: for each slot that is used its place in the list, and those of its tasks."""
    asked = json.load(sys.stdin)
    tasks, slots = unpacked(asked["tasks"], Task), unpacked(asked["slots"], Slot)
    found = solve(tasks, slots, speed_kmh=asked["speed_kmh"], seconds=asked["seconds"])
    json.dump([[slots.index(slot), [tasks.index(task) for task in chosen]] for slot, chosen in found], sys.stdout)


if __name__ == "__main__":
    main()
