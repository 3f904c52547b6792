"""``make bench``: all benchmarks on both databases, one table."""

import sys

from benchmarks import api, documents, month_end, posting
from benchmarks.places import engines

AIMS = {"singly": 5.0, "batches of 100": 15.0}
# Pages and the lines that fill them; never slower than the renderer by itself.
PDF_LINES, PDF_AIM, TOTALS_AIM = {1: 5, 2: 25}, 1.0, 2_000
# A page of invoices by the API beside plain ORM + marshmallow; a page in the middle beside the first.
API_DOCUMENTS, API_AIM, DEEP_AIM = 100_000, 1.7, 1.2
MONTH_END_ORDERS, MONTH_END_AIM, MONTH_END_SECONDS = 1_000, 2.5, 3.0


def main() -> None:
    """Print each figure beside its floor; exit status 1 where an aim is missed."""
    missed = 0
    print(f"{'draft + post':<28}{'services':>14}{'raw driver':>14}{'of the floor':>14}{'aim':>8}")
    for engine in engines():
        for name, per_transaction, count in (("singly", 1, 200), ("batches of 100", 100, 1_000)):
            mine, floor = posting.measure(engine, count=count, per_transaction=per_transaction)
            share = floor / mine * 100
            missed += share < AIMS[name]
            label = f"{engine.name}, {name}"
            times = f"{mine / count * 1000:>11.2f} ms{floor / count * 1000:>11.2f} ms"
            print(f"{label:<28}{times}{share:>12.1f} %{AIMS[name]:>6.0f} %")
    print(f"\n{'month-end, 1,000 orders':<28}{'the job':>14}{'Core inserts':>14}{'times':>14}{'aim':>8}")
    for engine in engines():
        mine, floor = month_end.measure(engine, orders=MONTH_END_ORDERS)
        missed += mine > MONTH_END_AIM * floor or mine > MONTH_END_SECONDS
        print(f"{engine.name:<28}{mine:>12.2f} s{floor:>12.2f} s{mine / floor:>14.2f}{MONTH_END_AIM:>8}")
    missed += _documents()
    missed += _api()
    sys.exit(1 if missed else 0)


def _documents() -> int:
    """Prints their part of the table; how many aims were missed."""
    missed = 0
    print(f"\n{'PDF':<28}{'ours':>14}{'xhtml2pdf':>14}{'times':>14}{'aim':>8}")
    for pages, lines in PDF_LINES.items():
        mine, plain = documents.pdf_milliseconds(lines)
        missed += mine > PDF_AIM * plain
        label = f"{pages} page{'s' if pages > 1 else ''}, {lines} lines"
        print(f"{label:<28}{mine:>11.0f} ms{plain:>11.0f} ms{mine / plain:>14.2f}{PDF_AIM:>8}")
    speed = documents.totals_per_second()
    missed += speed < TOTALS_AIM
    print(f"\n{'totals of 5 lines':<28}{speed:>10.0f} / s{'':>42}{TOTALS_AIM:>8}")
    return missed


def _api() -> int:
    """Prints the API's part; how many aims were missed."""
    missed = 0
    heads = f"{'the API':>12}{'ORM + marsh.':>14}{'its queries':>14}{'times':>9}{'aim':>6}"
    print(f"\n{'GET 50 of 100,000':<28}{heads}")
    for engine in engines():
        found = api.measure(engine, documents=API_DOCUMENTS)
        for place in found.lists:
            missed += place.times < API_AIM
            figures = f"{place.mine:>9.1f} ms{place.plain:>11.1f} ms{place.driver:>11.1f} ms"
            print(f"{engine.name + ', ' + place.name:<28}{figures}{place.times:>9.2f}{API_AIM:>6}")
        for kind, share in found.deep.items():
            missed += share > DEEP_AIM
            print(f"{f'{engine.name}, deep to first, {kind}':<63}{share:>14.2f}{DEEP_AIM:>6}")
        print(f"{f'{engine.name}, create + post':<28}{found.posts:>10.0f}/s{found.inserts:>25.0f}/s{'':>15}")
    return missed


if __name__ == "__main__":
    main()
