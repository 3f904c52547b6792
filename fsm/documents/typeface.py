"""The typeface of documents: embedded in each PDF, so that names with accents and € print everywhere alike."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import ttf_opensans  # type: ignore[import-untyped]  # reason: the package ships fonts, no types
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFile

FOLDER = Path(ttf_opensans.TTF_BIN_FOLDER)
FAMILY = "text"
# Named as the renderer names the faces of a family (bold, italic), so that it and our own tables share one subset.
NORMAL, BOLD, ITALIC, BOLD_ITALIC = (f"{FAMILY}_{face}" for face in ("00", "10", "01", "11"))
FILES: Mapping[str, str] = MappingProxyType(
    {
        NORMAL: "OpenSans-Regular.ttf",
        BOLD: "OpenSans-SemiBold.ttf",
        ITALIC: "OpenSans-Italic.ttf",
        BOLD_ITALIC: "OpenSans-SemiBoldItalic.ttf",
    }
)
MISSING_LETTER = "\N{REPLACEMENT CHARACTER}"


_STYLES = ((NORMAL, 0, 0), (BOLD, 1, 0), (ITALIC, 0, 1), (BOLD_ITALIC, 1, 1))


def register() -> None:
    """Make the faces known to this process. To be called again after each parse: the renderer maps them its own way."""
    _load()
    for face, bold, italic in _STYLES:
        addMapping(NORMAL, bold, italic, face)


@cache
def _load() -> None:
    for name, file in FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(FOLDER / file)))


def printable(text: str) -> str:
    """What the typeface lacks becomes its nearest relative: a ligature its letters, an unknown letter a sign."""
    strange = set(text) - _letters()
    return text.translate({ord(letter): _nearest(letter) for letter in strange}) if strange else text


@cache
def _letters() -> frozenset[str]:
    fonts = (TTFontFile(str(FOLDER / name)) for name in FILES.values())
    return frozenset.intersection(*(frozenset(map(chr, font.charToGlyph)) for font in fonts)) | {"\n"}


def _nearest(letter: str) -> str:
    if unicodedata.category(letter) in {"Cc", "Cf", "Mn"}:
        return " " if letter == "\t" else ""
    if unicodedata.category(letter) == "Pd":
        return "-"
    known = "".join(part for part in unicodedata.normalize("NFKD", letter) if part in _letters())
    return known or MISSING_LETTER
