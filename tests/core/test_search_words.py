"""Words of the search index: folding, numbers, telephones and amounts in the spellings that people use."""

from decimal import Decimal as D

import pytest

from fsm.core import search_words as w


def finds(typed: str, indexed: list[str]) -> bool:
    """Whether some reading of the typed text has all its words begin words of the index."""
    return any(
        all(any(word.startswith(one) for word in indexed for one in spellings) for spellings in reading)
        for reading in w.readings(typed)
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Café Ångström", ["cafe", "angstrom"]),
        ("Straße, STRASSE", ["strasse"]),
        ("Sørensen & Œuvre", ["sorensen", "oeuvre"]),
        ("ann.maes@demo.example", ["ann", "maes", "demo", "example"]),
        ("a_b%c", ["a", "b", "c"]),
        ("Ελλάδα", ["ελλαδα"]),
        (" -- ", []),
    ],
)
def test_words_are_folded_and_cut_apart(text: str, words: list[str]) -> None:
    assert w.words(text) == words


def test_words_have_bounds() -> None:
    assert w.words("x" * 500) == ["x" * w.LONGEST]
    assert len(w.kept(w.words(" ".join(map(str, range(1000)))))) == w.MOST_WORDS
    assert len(w.readings(" ".join("abcdefghijklmnop"))[0]) == w.MOST_TYPED


@pytest.mark.parametrize("typed", ["FA-1600001", "fa-1600001", "fa1600001", "1600001", "001600001", "FA 16", "160"])
def test_a_number_in_any_spelling(typed: str) -> None:
    assert finds(typed, w.of_number("FA-1600001"))


@pytest.mark.parametrize("typed", ["FA-00012", "fa12", "12", "00012", "FA-000"])
def test_a_number_without_its_zeros(typed: str) -> None:
    assert finds(typed, w.of_number("FA-00012"))


@pytest.mark.parametrize("typed", ["FA-1600002", "600001", "SO-1600001"])
def test_another_number_is_not_found(typed: str) -> None:
    assert not finds(typed, w.of_number("FA-1600001"))


@pytest.mark.parametrize(
    "typed", ["BE0417497106", "be 0417.497.106", "0417.497.106", "417497106", "0417", "BE 417497106"]
)
def test_a_vat_number_in_any_spelling(typed: str) -> None:
    assert finds(typed, w.of_code("BE0417497106"))


@pytest.mark.parametrize("stored", ["+32 475 12 34 56", "0032 475/12.34.56", "0475 12 34 56"])
@pytest.mark.parametrize("typed", ["0475 12 34 56", "0475123456", "475123456", "0475 12", "3456", "12 34 56", "123456"])
def test_a_telephone_from_its_beginning_and_by_its_last_digits(stored: str, typed: str) -> None:
    assert finds(typed, w.of_telephone(stored))


def test_a_telephone_with_its_country() -> None:
    assert finds("+32 475 12", w.of_telephone("+32 475 12 34 56"))
    assert not finds("0476 12 34 56", w.of_telephone("+32 475 12 34 56"))


@pytest.mark.parametrize("typed", ["1210", "1210,00", "1.210,00", "1,210.00", "1 210", "€ 1210", "-1210.0", "1.210"])
def test_an_amount_in_any_spelling(typed: str) -> None:
    assert w.amounts(typed) == [D("1210.00")]
    assert finds(typed, w.of_amount(D("1210.00")))
    assert not finds(typed, w.of_amount(D("1210.10")))


@pytest.mark.parametrize("typed", ["1.21", "1,2345", "12,10,00", "1.2.3", "abc", "12a", "", "9" * 13])
def test_other_texts_are_not_that_amount(typed: str) -> None:
    assert D("1210.00") not in w.amounts(typed)


def test_several_words_in_any_order() -> None:
    words = w.words("Bouwbedrijf Maes & Zonen")
    assert finds("zonen bouw", words)
    assert not finds("zonen gent", words)


def test_what_was_met_is_marked() -> None:
    assert w.marked("Café de la Gare", "gar caf") == [("Café", True), (" de la ", False), ("Gare", True)]
    assert w.marked("BE0417497106", "0417.497") == [("BE0417497106", True)]
    assert w.marked("+32 475 12 34 56", "3456") == [("+32 475 12 34 56", True)]
    assert w.marked("Gent", "brugge") == [("Gent", False)]
