"""Charts of accounts: the accounts that accounting.md 5 names, and data files that do not contradict themselves."""

import pytest

from fsm.company.charts import CHART_OF_COUNTRY, AccountKind, Role, load, read

BELGIAN_ROLES = {
    Role.RECEIVABLES: "400000",
    Role.VAT_PAYABLE: "451000",
    Role.VAT_ON_CREDIT_NOTES: "451000",
    Role.VAT_RECLAIMABLE: "411000",
    Role.ADVANCES: "460000",
    Role.PACKAGING_DEPOSITS: "488000",
    Role.SUSPENSE: "499000",
    Role.BANK: "550000",
    Role.CASH: "570000",
    Role.CARDS_IN_TRANSIT: "580000",
    Role.CASH_DISCOUNTS: "657000",
    Role.EXCHANGE_LOSS: "654000",
    Role.EXCHANGE_GAIN: "754000",
    Role.BAD_DEBT: "642000",
    Role.SMALL_DIFFERENCE_LOSS: "658000",
    Role.SMALL_DIFFERENCE_GAIN: "758000",
    Role.BANK_FEES: "659000",
    Role.GOODS: "700000",
    Role.SERVICES: "705000",
    Role.REMINDER_COSTS: "743000",
    Role.LATE_INTEREST: "751000",
}
HEADER = "number,name_en,name_nl,name_fr,kind,roles\n"
EVERY_ROLE = " ".join(Role)
INCOME_ROLES = {Role.GOODS, Role.SERVICES, Role.REMINDER_COSTS, Role.LATE_INTEREST, Role.EXCHANGE_GAIN}


def test_belgian_roles() -> None:
    assert load("be_pcmn").roles == BELGIAN_ROLES


def test_french_roles() -> None:
    roles = load("fr_pcg").roles
    named = (Role.RECEIVABLES, Role.VAT_PAYABLE, Role.BANK, Role.CASH_DISCOUNTS)
    assert [roles[role] for role in named] == ["411000", "445710", "512000", "665000"]


@pytest.mark.parametrize("name", CHART_OF_COUNTRY.values())
def test_every_account_is_named_numbered_and_of_the_kind_of_its_class(name: str) -> None:
    chart = load(name)
    kinds = {account.number: account.kind for account in chart.accounts}
    assert len(chart.accounts) >= 75
    for account in chart.accounts:
        assert account.number.isdigit()
        assert 6 <= len(account.number) <= 8
        assert all(account.name(language).strip() for language in ("en", "nl", "fr", "de"))
        assert (account.kind == AccountKind.EXPENSE) == (account.number[0] == "6")
        assert (account.kind == AccountKind.INCOME) == (account.number[0] == "7")
    assert set(chart.roles.values()) <= kinds.keys()
    assert all(kinds[chart.roles[role]] == AccountKind.INCOME for role in INCOME_ROLES)
    assert kinds[chart.roles[Role.RECEIVABLES]] == AccountKind.ASSET
    assert kinds[chart.roles[Role.VAT_PAYABLE]] == AccountKind.LIABILITY


def test_name_falls_back_to_english() -> None:
    receivables = next(account for account in load("be_pcmn").accounts if account.number == "400000")
    assert [receivables.name(language) for language in ("nl", "fr", "de")] == [
        "Handelsdebiteuren",
        "Clients",
        "Customers",
    ]


def test_unknown_chart_is_refused() -> None:
    with pytest.raises(LookupError):
        load("../be_pcmn")


@pytest.mark.parametrize(
    "rows",
    [
        "400000,A,A,A,asset,receivables\n",
        f"400000,A,A,A,asset,{EVERY_ROLE}\n400000,B,B,B,asset,\n",
        f"400000,A,A,A,asset,{EVERY_ROLE}\n410000,B,B,B,asset,bank\n",
        f"400000,A,A,A,debt,{EVERY_ROLE}\n",
        f"400000,A,A,A,asset,{EVERY_ROLE} moon\n",
    ],
)
def test_chart_that_contradicts_itself_is_refused(rows: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(HEADER + rows)
