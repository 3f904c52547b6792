"""Words as the search index keeps and looks them up: folded, cut apart, numbers and telephones without their spelling.

A word of the index is made of letters and digits of any script, folded. Four kinds bear a sign before them, so that a
typed word never meets them by chance: ``#`` a document's number, ``+`` a telephone from its first digit on, ``-`` the
same from its last digit backwards, ``=`` an amount.
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

LONGEST = 40  # letters of a word
MOST_WORDS = 60  # of one subject
MOST_TYPED = 8  # words that are looked up
SHORTEST_TELEPHONE = 6  # digits
SHORTEST_END = 4  # of a telephone's last digits
MOST_DIGITS = 12  # of an amount before its comma
AFTER = "\U0010ffff"  # no word holds it: a prefix ends before it

_PARTS = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"^(.*?)0*(\d+)$", re.DOTALL)
_DIGITS = re.compile(r"0*(\d+)$")
_TELEPHONE = re.compile(r"^[\s+()./\d-]+$")
_ABROAD = re.compile(r"^(?:\+|00)\s*")
_MONEY_NOISE = re.compile(r"[\s'’€]|eur", re.IGNORECASE)
_WHOLE = re.compile(r"\d+|\d{1,3}([.,])\d{3}(?:\1\d{3})*", re.ASCII)
_CENTS = re.compile(r"(.+)[.,](\d{1,2})", re.ASCII)
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


@lru_cache(maxsize=4096)  # the same names stand on document after document
def folded(text: str) -> str:
    """Casefolded and without accents, letter for letter what the index holds."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_LETTERS)


def words(*texts: str | None) -> list[str]:
    """The words of texts in their order, each once."""
    found = (part[:LONGEST] for text in texts if text for part in _PARTS.findall(folded(text)))
    return list(dict.fromkeys(found))


def compact(text: str | None) -> str:
    """All letters and digits together: a code or a number without its spelling."""
    return "".join(_PARTS.findall(folded(text or "")))[:LONGEST]


def number_key(text: str | None) -> str:
    """As ``compact``, and without the zeros before the last digits: ``FA-00012`` and ``fa 12`` are the same."""
    return _NUMBER.sub(r"\1\2", compact(text))


def digits_key(text: str | None) -> str:
    """The digits at the end of a number without zeros before them; empty where it ends otherwise."""
    match = _DIGITS.search(compact(text))
    return match[1] if match else ""


def of_code(text: str | None) -> list[str]:
    """How a VAT number is found: whole, without the zeros before its digits, by its digits alone."""
    whole = compact(text)
    digits = _DIGITS.search(whole)
    found = (whole, _NUMBER.sub(r"\1\2", whole), digits[1] if digits else "")
    return list(dict.fromkeys(word for word in found if word))


def of_number(text: str | None) -> list[str]:
    """How a document's number is found, in the same three ways."""
    return [f"#{word}"[:LONGEST] for word in of_code(text)]


def of_reference(text: str | None) -> list[str]:
    """The words of a reference, and the whole without its spelling where it holds a number: ``PO 45-1``, ``po451``."""
    whole = compact(text)
    return [*words(text), *([whole] if _has_digit(whole) else [])]


def _telephone(text: str) -> tuple[str, bool]:
    """Its digits without what stands before the area, and whether a country was given."""
    is_abroad = bool(_ABROAD.match(text.strip()))
    digits = re.sub(r"\D", "", _ABROAD.sub("", text.strip()))
    return (digits if is_abroad else digits.lstrip("0")), is_abroad


def of_telephone(text: str | None) -> list[str]:
    """A telephone from its area on, from its country on where it has one, and backwards from its last digit."""
    digits, is_abroad = _telephone(text or "")
    if len(digits) < SHORTEST_END:
        return []
    found = [f"+{digits}", f"-{digits[::-1]}"]
    if is_abroad:  # +32 475 …, which people dial as 0475 …
        found.append(f"+{digits[2:].lstrip('0')}")
    return [word[:LONGEST] for word in found]


def of_amount(amount: Decimal | None) -> list[str]:
    """An amount's word; none for nothing."""
    return [f"={abs(amount):.2f}"] if amount else []


def kept(*found: Iterable[str]) -> frozenset[str]:
    """At most so many words as a subject may have, the first ones first."""
    flat = dict.fromkeys(word for part in found for word in part)
    return frozenset(list(flat)[:MOST_WORDS])


def readings(text: str) -> list[list[list[str]]]:
    """How a typed text may be meant: each reading is words that must all be met, each in one of its spellings."""
    typed = words(text)[:MOST_TYPED]
    whole = compact(text)
    found = []
    if len(typed) > 1 or (typed and not _has_digit(whole)):
        found.append([_spellings(word) for word in typed])
    if _has_digit(whole):
        together = [*_spellings(whole), *_telephone_spellings(text), *_amount_spellings(text)]
        found.append([list(dict.fromkeys(together))])
    return found


def _has_digit(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _spellings(word: str) -> list[str]:
    if not _has_digit(word):
        return [word]
    key = number_key(word)
    return list(dict.fromkeys((word, key, f"#{word}", f"#{key}")))


def _telephone_spellings(text: str) -> list[str]:
    digits, _is_abroad = _telephone(text)
    if not _TELEPHONE.match(text) or len(digits) < SHORTEST_END:
        return []
    from_start = [f"+{digits}"] if len(digits) >= SHORTEST_TELEPHONE - 1 else []
    return [*from_start, f"-{digits[::-1]}"]


def _amount_spellings(text: str) -> list[str]:
    return [word for amount in amounts(text) for word in of_amount(amount)]


def marked(text: str, typed: str) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether what was typed stands there; numbers are met through their spelling."""
    sought = words(typed)
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in _PARTS.finditer(text):
        word = folded(match[0])
        if any(word.startswith(one) for one in sought):
            pieces += [(text[end : match.start()], False), (match[0], True)]
            end = match.end()
    pieces.append((text[end:], False))
    if end == 0 and _is_met_as_number(text, typed):
        return [(text, True)]
    return [piece for piece in pieces if piece[0]]


def _is_met_as_number(text: str, typed: str) -> bool:
    whole, digits = compact(typed), _telephone(typed)[0]
    if not _has_digit(whole):
        return False
    is_telephone = bool(_TELEPHONE.match(typed)) and len(digits) >= SHORTEST_END
    return number_key(typed) in number_key(text) or (is_telephone and digits in re.sub(r"\D", "", text))


def amounts(text: str) -> list[Decimal]:
    """What a text may be as an amount in any country's spelling: 1210, 1.210,00 and 1,210.00 are one, 1.21 is another."""
    plain = _MONEY_NOISE.sub("", text).lstrip("+-\N{MINUS SIGN}")
    whole, cents = plain, "00"
    if not _WHOLE.fullmatch(plain):
        match = _CENTS.fullmatch(plain)
        if match is None or not _WHOLE.fullmatch(match[1]):
            return []
        whole, cents = match[1], match[2].ljust(2, "0")
    digits = whole.replace(".", "").replace(",", "")
    return [Decimal(f"{digits}.{cents}")] if len(digits) <= MOST_DIGITS else []
