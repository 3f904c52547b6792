"""Printed facts as a PDF: the same facts and logo give the same bytes, in any process."""

import base64
import io
import logging
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from threading import Lock

import ttf_opensans  # type: ignore[import-untyped]  # reason: the package ships fonts, no types
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image
from reportlab import rl_config
from reportlab.pdfbase.ttfonts import TTFontFile
from segno import helpers
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy

from fsm.documents.facts import AddressFacts, DocumentKind, Facts, LineFacts
from fsm.documents.words import Words

rl_config.invariant = 1  # no moment and no random id in the file

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
FONT_FOLDER = Path(ttf_opensans.TTF_BIN_FOLDER)
FONTS = {"normal": "OpenSans-Regular.ttf", "bold": "OpenSans-SemiBold.ttf"}
LOGO_BOX = (170.0, 56.0)  # points
QR_NAME_CHARACTERS = 70
QR_TEXT_CHARACTERS = 70  # of 140: the code has room for 331 bytes, letters may take two
HIGHEST_TRANSFER = Decimal("999999999.99")
WIDE, LONG_REFERENCE = 1.8, 20  # of a cell; characters
MISSING_LETTER = "\N{REPLACEMENT CHARACTER}"
BELGIAN_DIGITS = 10
_PICTURES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_rendering = Lock()


class PdfError(RuntimeError):
    """The PDF could not be made as it was meant to be: nothing is better than a document that misses something."""


class Mark(StrEnum):
    """What stands across a document that is no issued one."""

    DRAFT = "draft"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the page, its size in points."""

    uri: str
    width: float
    height: float


def render(facts: Facts, *, mark: Mark | None = None, logo: bytes | None = None) -> bytes:
    """The PDF; ``logo`` has the bytes that ``facts.seller.logo_sha256`` names. Raises PdfError."""
    words = Words(facts.language)
    template = _environment().get_template(f"documents/{facts.layout}.html")
    html = template.render(
        facts=facts,
        words=words,
        mark=None if mark is None else str(getattr(words, mark.value)),
        is_credit_note=facts.kind is DocumentKind.CREDIT_NOTE,
        identity=_identity(facts, words),
        particulars=_particulars(facts, words),
        places=_places(facts, words),
        rows=list(_rows(facts.lines)),
        logo=None if logo is None else _logo(logo),
        qr_code=_qr_code(facts),
        fonts=FONTS,
    )
    with _rendering, _complaints() as complaints:
        target = io.BytesIO()
        status = pisa.CreatePDF(
            _printable(html),
            dest=target,
            path=str(FONT_FOLDER / "document.html"),  # where the names of fonts are looked up
            encoding="utf-8",
            resource_policy=ResourceAccessPolicy(allow_remote=False, base_dir=FONT_FOLDER),
        )
    if status.err or complaints:
        raise PdfError("; ".join(complaints) or "the PDF could not be made")
    return target.getvalue()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(iban=_iban, company_number=_company_number)
    return environment


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What the renderer only logs (a font or picture that it did without) is an error here."""
    collector, log = _Collector(), logging.getLogger("xhtml2pdf")
    log.addHandler(collector)
    try:
        yield collector.sentences
    finally:
        log.removeHandler(collector)


def _identity(facts: Facts, words: Words) -> list[str]:
    """Who the company is, at the foot of each page: what the law asks of its papers."""
    seller, address = facts.seller, facts.seller.address
    place = f"{address.postal_code} {address.city}".strip()
    own_number = "" if seller.enterprise_number in seller.vat_number else _company_number(seller.enterprise_number)
    parts = [
        f"{seller.name} {seller.legal_form}",
        ", ".join(part for part in (address.street, address.street2, place) if part),
        seller.vat_number and f"{words.vat_number} {_company_number(seller.vat_number)}",
        own_number and f"{words.enterprise_number} {own_number}",
        seller.court_register,
    ]
    return [part.strip() for part in parts if part]


def _particulars(facts: Facts, words: Words) -> list[tuple[str, str, float]]:
    """The strip under the addresses: label, text and width in percent of each cell that has something to say."""
    corrects = facts.corrects
    delivered = facts.delivery_date if facts.delivery_date != facts.issue_date else None
    cells = [
        (words.issue_date, facts.issue_date and words.day(facts.issue_date), 1),
        (words.due_date, facts.due_date and words.day(facts.due_date), 1),
        (words.delivery_date, delivered and words.day(delivered), 1),
        (words.corrects, corrects and f"{corrects.number} {words.of_date} {words.day(corrects.date)}", WIDE),
        (words.buyer_vat_number, _company_number(facts.buyer.vat_number), 1),
        (words.reference, facts.reference, WIDE if len(facts.reference) > LONG_REFERENCE else 1),
    ]
    shown = [(label, text, weight) for label, text, weight in cells if text]
    parts = sum(weight for _label, _text, weight in shown)
    return [(label, text, round(100 * weight / parts, 1)) for label, text, weight in shown]


def _places(facts: Facts, words: Words) -> list[tuple[str, str, AddressFacts]]:
    """Where the work was done and where to deliver, as far as that is not the address above."""
    buyer, places = facts.buyer, []
    if buyer.site_name or buyer.site_address.city:
        places.append((words.site, buyer.site_name, buyer.site_address))
    if buyer.delivery_address.city and buyer.delivery_address not in {buyer.billing_address, buyer.site_address}:
        places.append((words.delivery_address, "", buyer.delivery_address))
    return places


def _rows(lines: Sequence[LineFacts]) -> Iterator[tuple[str, LineFacts]]:
    """Each line, before the first one of a section the section's heading."""
    section = ""
    for line in lines:
        if line.section and line.section != section:
            yield "section", line
        section = line.section
        yield "line" if line.quantity else "text", line


def _logo(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data), formats=list(_PICTURES)) as image:
        scale = min(LOGO_BOX[0] / image.width, LOGO_BOX[1] / image.height)
        size, media_type = (image.width * scale, image.height * scale), _PICTURES[str(image.format)]
    return Picture(_data_uri(data, media_type), round(size[0], 2), round(size[1], 2))


def _qr_code(facts: Facts) -> Picture | None:
    """The code by which a bank's app fills in the transfer (EPC069-12): euro alone, more than nothing."""
    amount = facts.totals.total_with_tax
    if facts.bank is None or facts.currency != "EUR" or facts.kind is DocumentKind.CREDIT_NOTE:
        return None
    text = (facts.structured_message or facts.number)[:QR_TEXT_CHARACTERS]
    if not text or not 0 < amount <= HIGHEST_TRANSFER:
        return None
    code = helpers.make_epc_qr(
        name=facts.seller.name[:QR_NAME_CHARACTERS].strip(),
        iban=facts.bank.iban,
        bic=facts.bank.bic or None,
        amount=amount,
        # Belgian banks read their reference from the free text; `reference` is for ISO 11649 alone.
        text=text,
        encoding=1,
    )
    return Picture(code.png_data_uri(scale=4, border=2), 80, 80)


def _data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@cache
def _glyphs() -> frozenset[str]:
    fonts = (TTFontFile(str(FONT_FOLDER / name)) for name in FONTS.values())
    return frozenset.intersection(*(frozenset(map(chr, font.charToGlyph)) for font in fonts)) | {"\n"}


def _printable(html: str) -> str:
    """What the typeface lacks becomes its nearest relative: a ligature its letters, an unknown letter a sign."""
    strange = set(html) - _glyphs()
    return html.translate({ord(letter): _nearest(letter) for letter in strange}) if strange else html


def _nearest(letter: str) -> str:
    if unicodedata.category(letter) in {"Cc", "Cf", "Mn"}:
        return " " if letter == "\t" else ""
    if unicodedata.category(letter) == "Pd":
        return "-"
    known = "".join(part for part in unicodedata.normalize("NFKD", letter) if part in _glyphs())
    return known or MISSING_LETTER


def _iban(iban: str) -> str:
    """In groups of four."""
    return "\N{NO-BREAK SPACE}".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def _company_number(number: str) -> str:
    """A Belgian VAT or enterprise number as people write it; any other as it is."""
    digits = number.removeprefix("BE")
    if len(digits) != BELGIAN_DIGITS or not digits.isdigit():
        return number
    country = "BE\N{NO-BREAK SPACE}" if number.startswith("BE") else ""
    return f"{country}{digits[:4]}.{digits[4:7]}.{digits[7:]}"
