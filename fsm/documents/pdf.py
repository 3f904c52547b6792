"""Printed facts as a PDF: the same facts and logo give the same bytes, in any process."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from threading import Lock

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from reportlab import rl_config
from reportlab.platypus import Flowable, PageBreak, Paragraph, Spacer
from xhtml2pdf.config.resources import ResourceAccessPolicy, use_policy
from xhtml2pdf.document import pisaStory
from xhtml2pdf.files import cleanFiles

from fsm.documents import line_grid, page_parts, pictures, typeface
from fsm.documents.colors import Palette
from fsm.documents.facts import DocumentKind, Facts
from fsm.documents.paragraph_markup import of_either, of_text
from fsm.documents.sheet import Foot, Sheet, paragraphs, text_style
from fsm.documents.words import Words

rl_config.invariant = 1  # no moment and no random id in the file

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
DESIGNS = ("classic", "modern")
FILLED = frozenset({"modern"})  # designs whose tables have filled heads
ROOMS = {"lines": 7001, "texts": 7002}  # heights no page has: where our own tables go
_FACES = (
    (typeface.NORMAL, "normal", "normal"),
    (typeface.BOLD, "bold", "normal"),
    (typeface.ITALIC, "normal", "italic"),
    (typeface.BOLD_ITALIC, "bold", "italic"),
)
_rendering = Lock()


class PdfError(RuntimeError):
    """The PDF could not be made as it was meant to be: nothing is better than a document that misses something."""


class Mark(StrEnum):
    """What says that a document is no issued one."""

    DRAFT = "draft"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class _Page:
    """What the parts of one document share."""

    facts: Facts
    words: Words
    palette: Palette
    mark: Mark | None

    @property
    def is_filled(self) -> bool:
        return self.facts.layout in FILLED

    @property
    def number(self) -> str:
        """A draft has its mark where the number will be: nothing else moves when it is posted."""
        if self.mark is not Mark.DRAFT:
            return self.facts.number
        return self.words.draft if self.facts.is_invoice else self.words.preview

    @property
    def reference(self) -> str:
        """What the payer is to quote."""
        return self.facts.structured_message or self.number

    @property
    def title(self) -> str:
        return self.words.title(self.facts)


def render(facts: Facts, *, mark: Mark | None = None, logo: bytes | None = None) -> bytes:
    """The PDF; ``logo`` has the bytes that ``facts.seller.logo_sha256`` names. Raises PdfError."""
    page = _Page(facts, Words(facts.language), Palette(facts.look.accent), mark)
    with _rendering, _complaints() as complaints:
        _register()
        foot = _foot(page)
        data = _laid_out(page, foot, _html(page, foot, logo))
    if complaints:
        raise PdfError("; ".join(complaints))
    return data


def _register() -> None:
    try:
        typeface.register()
    except Exception as error:  # reportlab's own errors have no common ancestor
        raise PdfError(str(error)) from error


def _foot(page: _Page) -> Foot:
    words = page.words
    return Foot(
        [typeface.printable(sentence) for sentence in page_parts.identity(page.facts, words)],
        typeface.printable(page.number),
        lambda at, count: f"{words.page} {at} {words.of_pages} {count}",
        (page.palette.muted, page.palette.rule),
    )


def html_of(facts: Facts) -> str:
    """The page around the tables, for who wants to compare."""
    page = _Page(facts, Words(facts.language), Palette(facts.look.accent), None)
    _register()
    return _html(page, _foot(page), None)


def _html(page: _Page, foot: Foot, logo: bytes | None) -> str:
    """The page around the tables, as the renderer gets it."""
    facts, words = page.facts, page.words
    design = facts.layout if facts.layout in DESIGNS else DESIGNS[0]  # "standard" was the only one before
    account = _account(page)
    html = (
        _environment()
        .get_template(f"documents/pdf/{design}.html")
        .render(
            facts=facts,
            words=words,
            palette=page.palette,
            title=page.title,
            seller_name=page_parts.seller_name(facts),
            subtitle=page_parts.subtitle(facts, words),
            mark=page.number if page.mark is Mark.DRAFT else "",
            particulars=page_parts.particulars(facts, words),
            places=page_parts.places(facts, words),
            sums=page_parts.sums(facts, words),
            tax_remarks=page_parts.tax_remarks(facts, words),
            demand=page_parts.demand(facts, words),
            terms=page_parts.terms(facts, words),
            account=account,
            code=pictures.payment_code(facts, page.reference),
            logo=None if logo is None else pictures.logo(logo, facts.look.logo_size),
            is_to_sign=facts.kind is DocumentKind.QUOTE,
            faces=[{"file": typeface.FILES[name], "weight": weight, "style": style} for name, weight, style in _FACES],
            foot_margin=round(foot.margin, 2),
            rooms=ROOMS,
        )
    )
    return typeface.printable(html)


def _account(page: _Page) -> list[tuple[str, str]]:
    """Where to pay, on what asks for money."""
    facts = page.facts
    if facts.bank is None or not facts.is_invoice or facts.totals.total_with_tax <= 0:
        return []
    rows = [
        ("IBAN", page_parts.iban(facts.bank.iban)),
        ("BIC", facts.bank.bic),
        (page.words.structured_message, page.reference),
    ]
    return [(label, text) for label, text in rows if text]


def _laid_out(page: _Page, foot: Foot, html: str) -> bytes:
    target = io.BytesIO()
    policy = ResourceAccessPolicy(allow_remote=False, base_dir=typeface.FOLDER)
    try:
        with use_policy(policy):
            # The fonts are looked up beside this name; no style but the template's own.
            path = str(typeface.FOLDER / "document.html")
            made = pisaStory(html, path=path, encoding="utf-8", default_css=" ", resource_policy=policy)
            typeface.register()
            sheet = Sheet(
                target,
                pagesize=made.pageSize,
                title=f"{page.title} {page.facts.number}".strip(),
                author=page.facts.seller.name,
                lang=page.words.code,
            )
            sheet.foot = foot
            sheet.stamp = page.words.withdrawn if page.mark is Mark.WITHDRAWN else ""
            sheet.addPageTemplates([made.templateList["body"]])
            sheet.build(list(_story(page, made.story)))
    except Exception as error:  # whatever stops it: half a document is none
        raise PdfError(str(error)) from error
    finally:
        cleanFiles()
    if made.err:
        raise PdfError("the PDF could not be made")
    return target.getvalue()


def _story(page: _Page, story: list[Flowable]) -> Iterator[Flowable]:
    rooms = {float(height): name for name, height in ROOMS.items()}
    for flowable in story:
        room = rooms.get(flowable.height) if isinstance(flowable, Spacer) else None
        if room == "lines":
            yield from _lines(page)
        elif room == "texts":
            yield from _texts(page)
            yield from _annex(page)
        else:
            yield flowable


def _lines(page: _Page) -> Iterator[Flowable]:
    yield line_grid.lines(page.facts, page.words, page.palette, is_filled=page.is_filled).table()


def _texts(page: _Page) -> Iterator[Flowable]:
    """Note, then the clauses of the law."""
    yield Spacer(1, 10)
    for one in paragraphs(of_either(page.facts.note, page.facts.note_html), 8, page.palette.ink):
        yield one
        yield Spacer(1, 3)
    for text in page.facts.legal_texts:
        yield from paragraphs(of_text(text), 7, page.palette.muted)
        yield Spacer(1, 4)


def _annex(page: _Page) -> Iterator[Flowable]:
    if not page.facts.times:
        return
    words, palette = page.words, page.palette
    yield PageBreak()
    yield Paragraph(words.hours_worked, text_style(15, palette.accent, typeface.BOLD))
    document = f"{page.title} {page.number}".strip()
    yield Paragraph(typeface.printable(words.annex_to.format(document=document)), text_style(9, palette.muted))
    yield line_grid.hours(page.facts, words, palette, is_filled=page.is_filled).table()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(company_number=page_parts.company_number)
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
