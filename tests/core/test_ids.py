"""Ids that a browser sends as text."""

import pytest

from fsm.core.web import MAX_ID, id_of, ids_of


@pytest.mark.parametrize(("text", "expected"), [("1", 1), ("007", 7), (str(MAX_ID), MAX_ID)])
def test_an_id(text: str, expected: int) -> None:
    assert id_of(text) == expected


@pytest.mark.parametrize("text", ["", "0", "-1", "+1", " 1", "1.0", "²", "٣", "one", str(MAX_ID + 1), "9" * 5000])
def test_no_id(text: str) -> None:
    assert id_of(text) is None


def test_each_once_in_their_order() -> None:
    assert ids_of(["3", "x", "1", "03", "0", "1", str(MAX_ID + 1)]) == [3, 1]
