"""Charts of accounts: data files, one of which a company chooses when it is set up."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

CHART_OF_COUNTRY = MappingProxyType({"BE": "be_pcmn", "FR": "fr_pcg"})


class AccountKind(StrEnum):
    """What an account adds up; the first three stay from year to year, income and expense start anew."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Role(StrEnum):
    """What the posting rules need an account for (accounting.md 5)."""

    RECEIVABLES = "receivables"
    VAT_PAYABLE = "vat_payable"
    VAT_RECLAIMABLE = "vat_reclaimable"
    VAT_ON_CREDIT_NOTES = "vat_on_credit_notes"
    ADVANCES = "advances"
    PACKAGING_DEPOSITS = "packaging_deposits"
    SUSPENSE = "suspense"
    BANK = "bank"
    CASH = "cash"
    CARDS_IN_TRANSIT = "cards_in_transit"
    CASH_DISCOUNTS = "cash_discounts"
    EXCHANGE_LOSS = "exchange_loss"
    EXCHANGE_GAIN = "exchange_gain"
    BAD_DEBT = "bad_debt"
    SMALL_DIFFERENCE_LOSS = "small_difference_loss"
    SMALL_DIFFERENCE_GAIN = "small_difference_gain"
    BANK_FEES = "bank_fees"
    GOODS = "goods"
    SERVICES = "services"
    REMINDER_COSTS = "reminder_costs"
    LATE_INTEREST = "late_interest"


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """An account as the data file names it, in three languages."""

    number: str
    name_en: str
    name_nl: str
    name_fr: str
    kind: AccountKind

    def name(self, language: str) -> str:
        """Its name in `language`, in English where the file has no other."""
        return {"nl": self.name_nl, "fr": self.name_fr}.get(language, self.name_en)


@dataclass(frozen=True, slots=True)
class Chart:
    """Accounts by number, and the account that each role starts with."""

    accounts: tuple[ChartAccount, ...]
    roles: Mapping[Role, str]


@cache
def load(name: str) -> Chart:
    """Read `be_pcmn` or `fr_pcg`. Raises LookupError for another name, ValueError where the file contradicts itself."""
    if name not in CHART_OF_COUNTRY.values():
        raise LookupError(f"no chart of accounts is called {name}")
    text = files("fsm.company").joinpath("chart_data", f"{name}.csv").read_text("utf-8")
    return read(text)


def read(text: str) -> Chart:
    """A chart from `number,name_en,name_nl,name_fr,kind,roles`, roles separated by spaces."""
    accounts: dict[str, ChartAccount] = {}
    roles: dict[Role, str] = {}
    for row in csv.DictReader(text.splitlines(), strict=True):
        number = row["number"]
        of_account = [Role(word) for word in row["roles"].split()]
        if number in accounts or roles.keys() & of_account:
            raise ValueError(f"account {number}, or one of its roles, stands in the chart twice")
        kind = AccountKind(row["kind"])
        accounts[number] = ChartAccount(number, row["name_en"], row["name_nl"], row["name_fr"], kind)
        roles.update(dict.fromkeys(of_account, number))
    missing = set(Role) - roles.keys()
    if missing:
        raise ValueError(f"the chart has no account for {', '.join(sorted(missing))}")
    return Chart(tuple(accounts[number] for number in sorted(accounts)), MappingProxyType(roles))
