"""Who works when and can do what: one who works four days, skills, an absence to come, half a day off."""

from fsm.demo.scene import Scene
from fsm.schedule import hours, services
from fsm.schedule.services import AbsenceValues

_SKILLS = (
    ("Heating", ("tom", "sara", "lena")),
    ("Electrician", ("youssef", "lena", "tom")),
    ("Refrigerants", ("sara",)),
)
_FOUR_DAYS = {day: [(8 * 60, 12 * 60), (12 * 60 + 30, 16 * 60 + 30)] for day in (1, 2, 4, 5)}


def load(scene: Scene) -> None:
    """After the people; visits come later, and one of them falls into the training."""
    ids = {name: services.add_skill(name).id for name, _people in _SKILLS}
    for person in ("tom", "sara", "youssef", "lena"):
        services.set_skills(scene.people[person].id, [ids[name] for name, people in _SKILLS if person in people])
    services.set_week(scene.people["lena"].id, hours.check(dict(_FOUR_DAYS)), version=0)
    for person, first, last, reason in (
        ("lena", (5, "00:00"), (6, "00:00"), "Training"),
        ("sara", (2, "13:00"), (2, "17:00"), "Doctor"),
    ):
        services.add_absence(AbsenceValues(scene.people[person].id, scene.at(*first), scene.at(*last), reason))
