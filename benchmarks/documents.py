"""Documents: milliseconds of a PDF beside plain xhtml2pdf of the same page, and totals computed in a second."""

import io
import re
import time
from collections.abc import Callable
from decimal import Decimal

from xhtml2pdf import pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy

from fsm.documents import pdf, typeface
from fsm.documents.facts import Facts
from fsm.documents.totals import LineIn, Terms, compute
from fsm.documents.words import Words
from tests.documents.samples import facts

TIMES = 10
_ROOM = re.compile(r"<pdf:spacer[^>]*></pdf:spacer>")


def of_lines(count: int) -> Facts:
    """An invoice of that many lines: 5 fill one page, 25 two."""
    return facts(tuple((f"Circulation pump {at}, fitted and tried", "2", "348.35", "21") for at in range(count)))


def pdf_milliseconds(count: int) -> tuple[float, float]:
    """Of processor time: our document, and plain xhtml2pdf of its page with the lines as an HTML table."""
    document = of_lines(count)
    html = plain_html(document)
    return _milliseconds(lambda: pdf.render(document)), _milliseconds(lambda: plain(html))


def totals_per_second() -> float:
    """Of a document of 5 lines at two rates with a discount."""
    lines = [LineIn(Decimal("2.5"), Decimal("48.20"), tax_rate=Decimal(21 if at % 2 else 6)) for at in range(5)]
    terms = Terms(discount_percentage=Decimal(5))
    started, count = time.process_time(), 2_000
    for _time in range(count):
        compute(lines, terms)
    return count / (time.process_time() - started)


def plain_html(document: Facts) -> str:
    """The very page, with lines, texts and page numbers as HTML has them."""
    words = Words(document.language)
    cells = [
        (
            line.description,
            words.number(line.quantity),
            words.unit_price(line.amount),
            words.money(line.total_without_tax),
        )
        for line in document.lines
    ]
    rows = "".join(
        f'<tr><td width="55%">{first}</td>'
        + "".join(f'<td width="15%" class="figure">{figure}</td>' for figure in figures)
        + "</tr>"
        for first, *figures in cells
    )
    rooms = iter((f'<table repeat="1"><tbody>{rows}</tbody></table>', f"<div>{document.note}</div>"))
    html = _ROOM.sub(lambda _found: next(rooms), pdf.html_of(document))
    foot = '<div id="foot"><pdf:pagenumber></pdf:pagenumber> / <pdf:pagecount></pdf:pagecount></div></body>'
    frame = "@frame foot { -pdf-frame-content: foot; left: 18mm; right: 18mm; bottom: 9mm; height: 10mm; } }"
    html = re.sub(r"(@page \{[^}]*)\}", lambda found: found.group(1) + frame, html, count=1)
    return html.replace("</body>", foot)


def plain(html: str) -> bytes:
    """As its own documentation says to call it."""
    target = io.BytesIO()
    policy = ResourceAccessPolicy(allow_remote=False, base_dir=typeface.FOLDER)
    pisa.CreatePDF(html, dest=target, path=str(typeface.FOLDER / "x.html"), encoding="utf-8", resource_policy=policy)
    return target.getvalue()


def _milliseconds(work: Callable[[], object]) -> float:
    work()
    started = time.process_time()
    for _time in range(TIMES):
        work()
    return (time.process_time() - started) / TIMES * 1000
