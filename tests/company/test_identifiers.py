"""Numbers that people type from a letterhead."""

from collections.abc import Callable

import pytest

from fsm.company import identifiers
from fsm.core.errors import DomainError


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("BE 0428.759.497", "BE", "BE0428759497"),
        ("0428.759.497", "BE", "BE0428759497"),
        ("428759497", "be", "BE0428759497"),
        ("FR 83 404 833 048", "FR", "FR83404833048"),
        ("83404833048", "FR", "FR83404833048"),
        ("BE0428759497", "FR", "BE0428759497"),
        ("EL094259216", "GR", "EL094259216"),
        ("GR094259216", "GR", "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("XI980780684", "GB", "XI980780684"),
        ("CHE-107.787.577 IVA", "CH", "CHE107787577IVA"),
    ],
)
def test_vat_number_is_kept_compact_with_its_prefix(text: str, country: str, expected: str) -> None:
    assert identifiers.checked_vat_number(text, country) == expected


@pytest.mark.parametrize(
    ("text", "country"),
    [("BE0428759498", "BE"), ("0428759498", "BE"), ("", "BE"), ("", "US"), ("XX123456789", "FR"), ("BE", "US")],
)
def test_wrong_vat_number_is_refused_at_its_field(text: str, country: str) -> None:
    with pytest.raises(DomainError) as refusal:
        identifiers.checked_vat_number(text, country, field="vat_number")
    assert refusal.value.field == "vat_number"


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [("0428.759.497", "BE", "0428759497"), ("404 833 048", "FR", "404833048"), (" HRB 12345 ", "DE", "HRB 12345")],
)
def test_enterprise_number_of_each_country(text: str, country: str, expected: str) -> None:
    assert identifiers.checked_enterprise_number(text, country) == expected


def test_iban_and_bic_are_kept_compact() -> None:
    assert identifiers.checked_iban("be68 5390 0754 7034") == "BE68539007547034"
    assert identifiers.checked_bic("gkcc be bb") == "GKCCBEBB"


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (identifiers.checked_iban, "BE68539007547035"),
        (identifiers.checked_iban, "BE6853900754703"),
        (identifiers.checked_iban, ""),
        (identifiers.checked_bic, "GKCCBEB"),
        (identifiers.checked_bic, "1234BEBB"),
        (lambda text, field: identifiers.checked_enterprise_number(text, "BE", field), "0428759498"),
        (lambda text, field: identifiers.checked_enterprise_number(text, "FR", field), "404833049"),
    ],
)
def test_wrong_number_is_refused_with_itself_in_the_sentence(check: Callable[[str, str], str], text: str) -> None:
    with pytest.raises(DomainError) as refusal:
        check(text, "number")
    assert refusal.value.field == "number"
    assert text in refusal.value.sentence
