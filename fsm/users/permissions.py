"""What each role may do: one row per endpoint, plus finer rights with names of their own. Closed by default.

An endpoint without a row is refused; a test checks that every endpoint has one. Which rows of a table a user sees is
not said here but by the slice's ``visible_to`` query.
"""

from collections.abc import Iterable

from fsm.users.models import Role

T, O, M, A, C = Role.TECHNICIAN, Role.OFFICE, Role.MANAGER, Role.ADMINISTRATOR, Role.ACCOUNTANT  # noqa: E741 - a table's heads
EVERYONE = frozenset(Role)
STAFF = frozenset({T, O, M})  # those who work on service orders
DESK = frozenset({O, M})  # who writes customers, invoices, payments
READERS = frozenset({O, M, C})  # who reads them
BOOKS = frozenset({M, C})  # who reads the books
MANAGERS = frozenset({M})
ADMINISTRATORS = frozenset({A})
SETTINGS = frozenset({A, M})

# Without a login.
PUBLIC: frozenset[str] = frozenset(
    {
        "static",
        "healthz",
        "users.log_in",
        "home.first_start",
        "home.first_start_demo",
    }
)

PERMISSIONS: dict[str, frozenset[Role]] = {
    # --- files
    # --- users
    "users.log_out": EVERYONE,
    "users.profile": EVERYONE,
    "users.change_password": EVERYONE,
    "users.end_session": EVERYONE,
    "users.end_other_sessions": EVERYONE,
    "users.index": SETTINGS,
    "users.new": ADMINISTRATORS,
    "users.edit": ADMINISTRATORS,
    "users.deactivate": ADMINISTRATORS,
    "users.activate": ADMINISTRATORS,
    "users.set_password": ADMINISTRATORS,
    "users.end_sessions": ADMINISTRATORS,
    "users.see_hourly_cost": SETTINGS,
    # --- company
    "company.edit": SETTINGS,
    "company.logo": EVERYONE,
    "company.bank_accounts": SETTINGS,
    "company.new_bank_account": SETTINGS,
    "company.edit_bank_account": SETTINGS,
    "company.make_default_bank_account": SETTINGS,
    "company.archive_bank_account": SETTINGS,
    "company.unarchive_bank_account": SETTINGS,
    "company.numbering": SETTINGS,
    "company.numbering_example": SETTINGS,
    # --- customers
    "customers.index": READERS,
    "customers.suggest": READERS,
    "customers.options": READERS,
    "customers.sites_of": READERS,
    "customers.show": READERS,
    "customers.show_site": READERS,
    "customers.see_access_codes": DESK,
    "customers.new": DESK,
    "customers.edit": DESK,
    "customers.archive": DESK,
    "customers.unarchive": DESK,
    "customers.new_contact": DESK,
    "customers.edit_contact": DESK,
    "customers.remove_contact": DESK,
    "customers.new_site": DESK,
    "customers.edit_site": DESK,
    "customers.archive_site": DESK,
    "customers.unarchive_site": DESK,
    "customers.new_equipment": DESK,
    "customers.edit_equipment": DESK,
    "customers.archive_equipment": DESK,
    "customers.unarchive_equipment": DESK,
    # --- ledger
    # --- catalog
    # --- service_orders
    # --- documents
    # --- invoices
    # --- payments
    # --- reports
    # --- home
}


def may(roles: Iterable[Role], action: str) -> bool:
    """Whether one of these roles is allowed the action; an action without a row is nobody's."""
    return not PERMISSIONS.get(action, frozenset()).isdisjoint(roles)
