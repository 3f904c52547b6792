"""A sheet of paper: its measures, the styles of what our own code sets on it, and its foot with page x of y."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph
from xhtml2pdf.xhtml2pdf_reportlab import PmlBaseDoc

from fsm.documents.paragraph_markup import Block
from fsm.documents.typeface import BOLD, NORMAL, printable

WIDTH: float = A4[0] - 36 * mm
SIDE: float = 18 * mm
FOOT: float = 9 * mm
_INDENT = 11.0
_FOOT_SIZE, _FOOT_LEADING = 7.0, 9.0
_FOOT_SHARE = 0.8  # of the width; the rest is the number's and the page's


@cache
def text_style(
    size: float, color: str, face: str = NORMAL, *, depth: int = 0, has_bullet: bool = False
) -> ParagraphStyle:
    """A paragraph of that size in points."""
    return ParagraphStyle(
        f"{face} {size} {color} {depth} {has_bullet}",
        fontName=face,
        fontSize=size,
        leading=round(size * 1.3, 2),
        textColor=HexColor(color),
        leftIndent=depth * _INDENT,
        bulletIndent=max(0, depth - 1) * _INDENT,
        bulletFontName=face,
        bulletFontSize=size,
        splitLongWords=1,
    )


def paragraphs(blocks: Sequence[Block], size: float, color: str, face: str = NORMAL) -> list[Paragraph]:
    """Each block as a flowable."""
    return [
        Paragraph(
            printable(block.markup),
            text_style(size, color, face, depth=block.depth, has_bullet=bool(block.bullet)),
            bulletText=block.bullet or None,
        )
        for block in blocks
    ]


def text_width(text: str, size: float, face: str = NORMAL) -> float:
    """In points."""
    return float(stringWidth(text, face, size))


class Foot:
    """What stands at the foot of each page: the company, and which page of how many this is."""

    def __init__(
        self, sentences: Sequence[str], number: str, page: Callable[[int, int], str], colors: tuple[str, str]
    ) -> None:
        self.number, self.page = number, page
        self.color, self.rule = colors
        style = text_style(_FOOT_SIZE, self.color)
        self._paragraphs = [Paragraph(sentence, style) for sentence in sentences]
        self.height = sum(float(one.wrap(WIDTH * _FOOT_SHARE, A4[1])[1]) for one in self._paragraphs)
        self.height = max(self.height, 2 * _FOOT_LEADING)

    @property
    def margin(self) -> float:
        """What the body leaves free for it, in points."""
        return float(FOOT + self.height + 5 * mm)

    def draw(self, canvas: Canvas, page: int, pages: int) -> None:
        """On the canvas' present page."""
        top = FOOT + self.height
        canvas.saveState()
        canvas.setStrokeColor(HexColor(self.rule))
        canvas.setLineWidth(0.5)
        canvas.line(SIDE, top + 4, SIDE + WIDTH, top + 4)
        for one in self._paragraphs:
            top -= float(one.wrap(WIDTH * _FOOT_SHARE, A4[1])[1])
            one.drawOn(canvas, SIDE, top)
        canvas.setFillColor(HexColor(self.color))
        canvas.setFont(NORMAL, _FOOT_SIZE)
        first = FOOT + self.height - _FOOT_SIZE
        canvas.drawRightString(SIDE + WIDTH, first, self.number)
        canvas.drawRightString(SIDE + WIDTH, first - _FOOT_LEADING, self.page(page, pages))
        canvas.restoreState()


class Sheet(PmlBaseDoc):  # type: ignore[misc]  # reason: the package has no types
    """A document whose feet are drawn last, when the number of pages is known: laying it out twice would double its time."""

    foot: Foot
    stamp: str = ""

    def _makeCanvas(self, filename: Any = None, canvasmaker: Any = None) -> "SheetCanvas":  # noqa: ANN401, ARG002, N802
        """Reportlab asks for its canvas here, whatever it was told."""
        canvas: SheetCanvas = super()._makeCanvas(filename=filename, canvasmaker=SheetCanvas)
        canvas.sheet = self
        return canvas


class SheetCanvas(Canvas):  # type: ignore[misc]  # reason: the package has no types
    """Keeps each page until all are there."""

    sheet: Sheet

    def __init__(self, *arguments: Any, **words: Any) -> None:  # noqa: ANN401 - reportlab's own
        super().__init__(*arguments, **words)
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's own name
        """Reportlab ends a page with this."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Draw what needs the number of pages, then end them all."""
        for at, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            if self.sheet.stamp:
                _draw_stamp(self, self.sheet.stamp)
            self.sheet.foot.draw(self, at, len(self._pages))
            super().showPage()
        super().save()


def _draw_stamp(canvas: Canvas, text: str) -> None:
    """Across the page, over what stands there, and light enough to read that."""
    canvas.saveState()
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(50)
    canvas.setFillColor(HexColor("#b42318"))
    canvas.setFillAlpha(0.16)
    size = min(64.0, 640 / (text_width(text, 1, BOLD) or 1))
    canvas.setFont(BOLD, size)
    canvas.drawCentredString(0, -size / 3, text)
    canvas.restoreState()
