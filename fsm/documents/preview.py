"""Pages of a PDF as pictures: what the customer gets, beside the editor, in any browser (telephones show no PDF in a page)."""

import base64
import io
from dataclasses import dataclass
from threading import Lock

import pypdfium2  # type: ignore[import-untyped]  # reason: the package has no types

PIXELS = 1000  # of a page's width: sharp on a screen that doubles its points
MOST_PAGES = 4
_A4_POINTS = 595.28
_drawing = Lock()  # PDFium is not made for threads


@dataclass(frozen=True, slots=True)
class Preview:
    """``pages`` are data URIs; of a long document the first ones."""

    pages: tuple[str, ...]
    page_count: int


def of(pdf: bytes, *, most: int = MOST_PAGES, pixels: int = PIXELS) -> Preview:
    """The first pages as pictures."""
    with _drawing:
        document = pypdfium2.PdfDocument(pdf)
        try:
            count = len(document)
            pages = tuple(_picture(document, at, pixels) for at in range(min(count, most)))
        finally:
            document.close()
    return Preview(pages, count)


def _picture(document: pypdfium2.PdfDocument, at: int, pixels: int) -> str:
    page = document[at]
    try:
        image = page.render(scale=pixels / _A4_POINTS).to_pil()
    finally:
        page.close()
    target = io.BytesIO()
    image.save(target, "WEBP", quality=80, method=2)
    return f"data:image/webp;base64,{base64.b64encode(target.getvalue()).decode()}"
