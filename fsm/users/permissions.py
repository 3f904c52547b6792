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
    "users.save_filter": EVERYONE,
    "users.rename_filter": EVERYONE,
    "users.delete_filter": EVERYONE,
    "users.make_default_filter": EVERYONE,
    "users.choose_columns": EVERYONE,
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
    "ledger.index": BOOKS,
    "ledger.show": READERS,
    "ledger.entries_of": READERS,
    "ledger.account": BOOKS,
    "ledger.accounts": BOOKS,
    "ledger.periods": BOOKS,
    "ledger.close_period": MANAGERS,
    "ledger.reopen_period": MANAGERS,
    # --- catalog
    "catalog.index": DESK,
    "catalog.new": DESK,
    "catalog.edit": DESK,
    "catalog.archive": DESK,
    "catalog.unarchive": DESK,
    "catalog.new_rate": DESK,
    "catalog.edit_rate": DESK,
    "catalog.archive_rate": DESK,
    "catalog.unarchive_rate": DESK,
    "catalog.customer_prices": DESK,
    "catalog.remove_customer_price": DESK,
    "catalog.price_lists_index": DESK,
    "catalog.new_price_list": DESK,
    "catalog.price_list": DESK,
    "catalog.set_listed_price": DESK,
    "catalog.remove_listed_price": DESK,
    "catalog.archive_price_list": DESK,
    "catalog.unarchive_price_list": DESK,
    "catalog.choose_price_list": DESK,
    "catalog.kits_index": DESK,
    "catalog.new_kit": DESK,
    "catalog.kit": DESK,
    "catalog.set_kit_line": DESK,
    "catalog.remove_kit_line": DESK,
    "catalog.archive_kit": DESK,
    "catalog.unarchive_kit": DESK,
    "catalog.suggest": DESK,
    "catalog.suggest_parts": STAFF,
    # --- service_orders
    "service_orders.index": STAFF,
    "service_orders.mine": frozenset({T}),
    "service_orders.done_not_invoiced": DESK,
    "service_orders.new": STAFF,
    "service_orders.show": STAFF,
    "service_orders.edit": DESK,
    "service_orders.start": STAFF,
    "service_orders.finish": STAFF,
    "service_orders.cancel": DESK,
    "service_orders.reopen": DESK,
    "service_orders.validate": DESK,
    "service_orders.schedule": DESK,
    "service_orders.move_visit": DESK,
    "service_orders.remove_visit": DESK,
    "service_orders.write_report": STAFF,
    "service_orders.sign": STAFF,
    "service_orders.signature": STAFF,
    "service_orders.add_photo": STAFF,
    "service_orders.photo": STAFF,
    "service_orders.remove_photo": STAFF,
    "service_orders.start_timer": frozenset({T}),
    "service_orders.stop_timer": STAFF,
    "service_orders.log_time": STAFF,
    "service_orders.correct_time": STAFF,
    "service_orders.remove_time": STAFF,
    "service_orders.add_part": STAFF,
    "service_orders.add_kit": STAFF,
    "service_orders.correct_part": STAFF,
    "service_orders.remove_part": STAFF,
    "service_orders.mark_not_to_bill": DESK,
    "service_orders.bill_again": DESK,
    "service_orders.settings": SETTINGS,
    # --- documents
    "documents.settings": SETTINGS,
    # --- invoices
    "invoices.index": READERS,
    "invoices.export": READERS,
    "invoices.panel": READERS,
    "invoices.mark_many_sent": DESK,
    "invoices.download_many": READERS,
    "invoices.post_chosen": DESK,
    "invoices.delete_many": DESK,
    "invoices.show": READERS,
    "invoices.pdf": READERS,
    "invoices.new": DESK,
    "invoices.draft_from_order": DESK,
    "invoices.edit": DESK,
    "invoices.totals": DESK,
    "invoices.suggest": DESK,
    "invoices.take_over": DESK,
    "invoices.delete": DESK,
    "invoices.review": DESK,
    "invoices.post": DESK,
    "invoices.review_many": DESK,
    "invoices.post_many": DESK,
    "invoices.mark_sent": DESK,
    "invoices.credit": DESK,
    "invoices.change_credit": DESK,
    "invoices.cancel": DESK,
    "invoices.withdraw": DESK,
    "invoices.taken_over": READERS,
    "invoices.show_taken_over": READERS,
    "invoices.credit_taken_over": DESK,
    "invoices.new_credit": DESK,
    "invoices.settings": SETTINGS,
    "invoices.see_margin": DESK,
    # --- payments
    "payments.index": READERS,
    "payments.show": READERS,
    "payments.of_invoice": READERS,
    "payments.of_item": READERS,
    "payments.register": DESK,
    "payments.undo": DESK,
    "payments.mark_unpaid": DESK,
    "payments.move": DESK,
    "payments.refund": DESK,
    "payments.settings": SETTINGS,
    # --- reports
    "reports.trial_balance": BOOKS,
    # --- backups
    "backups.index": ADMINISTRATORS,
    "backups.listed": ADMINISTRATORS,
    "backups.settings": ADMINISTRATORS,
    "backups.make": ADMINISTRATORS,
    "backups.download": ADMINISTRATORS,
    "backups.remove": ADMINISTRATORS,
    "reports.sales_of": READERS,
    "reports.collected": READERS,
    "reports.aged_receivables": READERS,
    "reports.open_items": READERS,
    # --- home
    "home.show": EVERYONE,
    "home.see_figures": DESK,
    "home.count_posted": DESK,
    "home.search": EVERYONE,
    "home.search_live": EVERYONE,
    "home.commands": EVERYONE,
    "home.settings": SETTINGS,
    "home.integrity": BOOKS,
    "home.check": BOOKS,
}


def may(roles: Iterable[Role], action: str) -> bool:
    """Whether one of these roles is allowed the action; an action without a row is nobody's."""
    return not PERMISSIONS.get(action, frozenset()).isdisjoint(roles)
