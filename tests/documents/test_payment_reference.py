"""The Belgian structured communication: 10 digits and their remainder by 97, 0 being 97 (accounting.md 6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.core.errors import DomainError
from fsm.documents import payment_reference

PRINTED = "+++278/7810/35591+++"


def test_made_from_its_base_number() -> None:
    assert payment_reference.make(2787810355) == "278781035591"
    assert payment_reference.printed("278781035591") == PRINTED


def test_remainder_zero_is_ninety_seven() -> None:
    assert payment_reference.make(97) == "000000009797"
    assert payment_reference.printed("000000009797") == "+++000/0000/09797+++"


@pytest.mark.parametrize("base_number", [0, -1, 10**10])
def test_base_number_out_of_range_is_refused(base_number: int) -> None:
    with pytest.raises(ValueError, match="no base number"):
        payment_reference.make(base_number)


@pytest.mark.parametrize(
    "text", [PRINTED, "***278/7810/35591***", "278781035591", " 278/7810/35591 ", "+++ 278 / 7810 / 35591 +++"]
)
def test_read_as_banks_and_people_write_it(text: str) -> None:
    assert payment_reference.parsed(text) == "278781035591"
    assert payment_reference.is_valid(text)


@pytest.mark.parametrize("text", ["", "278781035592", "27878103559", "2787810355910", "000000000000", "27878103559a"])
def test_wrong_reference_is_refused_at_its_field(text: str) -> None:
    assert not payment_reference.is_valid(text)
    with pytest.raises(DomainError) as refusal:
        payment_reference.parsed(text)
    assert refusal.value.field == "structured_message"


@given(st.integers(1, 10**10 - 1), st.integers(0, 11), st.integers(1, 9))
def test_every_wrong_digit_is_found(base_number: int, place: int, by: int) -> None:
    digits = payment_reference.make(base_number)
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert payment_reference.parsed(payment_reference.printed(digits)) == digits
    assert not payment_reference.is_valid(wrong)
