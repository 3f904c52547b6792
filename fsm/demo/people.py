"""The company and who works there."""

from decimal import Decimal

from fsm.company.models import Language
from fsm.demo.scene import Scene
from fsm.home.set_up import SetUp, company_values, set_up_company
from fsm.users import services
from fsm.users.actor import Actor
from fsm.users.models import Role, User

ADMINISTRATOR = "admin"
# Key, name, role, phone, what an hour costs the company.
STAFF = (
    ("ann", "Ann Claeys", Role.OFFICE, "+32 9 278 41 10", 0),
    ("mark", "Mark Vandamme", Role.MANAGER, "+32 9 278 41 11", 0),
    ("tom", "Tom De Backer", Role.TECHNICIAN, "+32 470 11 20 31", 39),
    ("sara", "Sara Lievens", Role.TECHNICIAN, "+32 470 11 20 32", 38),
    ("youssef", "Youssef El Amrani", Role.TECHNICIAN, "+32 470 11 20 33", 38),
    ("lena", "Lena Wouters", Role.TECHNICIAN, "+32 470 11 20 34", 24),
    ("luc", "Luc Martens", Role.ACCOUNTANT, "", 0),
)
LOGINS = (
    *((f"{key}@demo.example", role.value) for key, _name, role, _phone, _cost in STAFF),
    (f"{ADMINISTRATOR}@demo.example", Role.ADMINISTRATOR.value),
)


def load(scene: Scene, password_hash: str) -> None:
    """The company's row with its books and settings, then its people."""
    administrator = set_up_company(_set_up(scene, password_hash), today=scene.today)
    scene.people[ADMINISTRATOR] = _actor(administrator)
    for key, name, role, phone, hourly_cost in STAFF:
        user = services.create_user(
            email=f"{key}@demo.example",
            name=name,
            roles={role},
            password_hash=password_hash,
            phone=phone,
            hourly_cost=Decimal(hourly_cost),
        )
        scene.people[key] = _actor(user)


def _set_up(scene: Scene, password_hash: str) -> SetUp:
    return SetUp(
        company=company_values(
            country_code="BE",
            on=scene.today,
            name="Vandamme Technics BV",
            legal_form="BV",
            street="Nieuwewandeling 118",
            postal_code="9000",
            city="Gent",
            vat_number="BE 0786.412.355",
            court_register="RPR Gent, afdeling Gent",
            is_co_contractor=True,
            language=Language.DUTCH,
            email="info@vandamme-technics.example",
            phone="+32 9 278 41 10",
            website="https://vandamme-technics.example",
        ),
        first_day=scene.first_day,
        iban="BE26 8900 1413 2729",
        bic="VDSPBE91",
        bank_name="Current account",
        administrator_name="Inge Baert",
        administrator_email=f"{ADMINISTRATOR}@demo.example",
        password_hash=password_hash,
        administrator_roles=frozenset({Role.ADMINISTRATOR}),
        is_demo=True,
    )


def _actor(user: User) -> Actor:
    return Actor(user.id, user.name, user.email, user.roles, user.locale, 0)
