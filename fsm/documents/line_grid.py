"""The lines of a document, and the annex of hours, as tables."""

from collections.abc import Iterator
from decimal import Decimal
from html import escape

from fsm.documents.colors import Palette
from fsm.documents.facts import Facts, LineFacts
from fsm.documents.grid import Column, Grid, Kind, Row
from fsm.documents.paragraph_markup import Block, of_either, of_text
from fsm.documents.words import Words

_SPACE = "\N{NO-BREAK SPACE}"


def lines(facts: Facts, words: Words, palette: Palette, *, is_filled: bool) -> Grid:
    """Description, quantity, price, VAT, amount; sections with their headings and, where they are several, sums."""
    columns = [
        Column(words.description, is_figure=False, is_wide=True),
        Column(words.quantity),
        Column(words.price),
        *([Column(words.tax_rate)] if facts.shows_tax else []),
        Column(f"{words.amount} ({facts.currency})"),
    ]
    grid = Grid(columns, palette, is_filled=is_filled)
    sections = {line.section for line in facts.lines if line.section}
    grid.rows.extend(_rows(facts, words, has_sums=len(sections) > 1))
    return grid


def _rows(facts: Facts, words: Words, *, has_sums: bool) -> Iterator[Row]:
    section, so_far = "", Decimal(0)
    for line in facts.lines:
        if line.section != section:
            if section and has_sums:
                yield _sum(words, so_far)
            if line.section:
                yield Row(Kind.HEADING, blocks=(Block(escape(line.section)),))
            section, so_far = line.section, Decimal(0)
        so_far += shown_total(facts, line)
        yield _line(facts, line, words)
    if section and has_sums:
        yield _sum(words, so_far)


def shown_total(facts: Facts, line: LineFacts) -> Decimal:
    """What stands at the end of the line: with VAT where prices are."""
    return line.total_with_tax if facts.tax_included else line.total_without_tax


def _sum(words: Words, amount: Decimal) -> Row:
    return Row(Kind.SUM, blocks=(Block(words.subtotal),), cells=(words.money(amount),))


def _line(facts: Facts, line: LineFacts, words: Words) -> Row:
    blocks = tuple(of_either(line.description, line.description_html))
    small = tuple(Block(f"{escape(one.name)}: {escape(one.value)}") for one in line.custom)
    if not line.quantity:
        return Row(Kind.TEXT, blocks=blocks, small=small)
    cells = [
        words.number(line.quantity) + (f"{_SPACE}{line.unit}" if line.unit else ""),
        words.unit_price(line.amount_with_tax if facts.tax_included else line.amount),
        *([words.percent(line.tax_rate)] if facts.shows_tax else []),
        words.money(shown_total(facts, line)),
    ]
    return Row(Kind.LINE, blocks=blocks, small=small, cells=tuple(cells))


def hours(facts: Facts, words: Words, palette: Palette, *, is_filled: bool) -> Grid:
    """The annex: day, technician where names are printed, work order, what was done, hours."""
    has_names = any(row.technician for row in facts.times)
    columns = [
        Column(words.day_worked, is_figure=False),
        Column(words.order, is_figure=False),
        *([Column(words.technician, is_figure=False)] if has_names else []),
        Column(words.work, is_figure=False, is_wide=True),
        Column(words.hours),
    ]
    grid = Grid(columns, palette, is_filled=is_filled)
    for row in facts.times:
        cells = [words.day(row.on), row.order, *([row.technician] if has_names else []), words.money(row.hours)]
        grid.rows.append(Row(Kind.LINE, blocks=tuple(of_text(row.description)), cells=tuple(cells)))
    total = sum((row.hours for row in facts.times), Decimal(0))
    grid.rows.append(Row(Kind.SUM, blocks=(Block(words.hours_total),), cells=(words.money(total),)))
    return grid
