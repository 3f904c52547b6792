"""Tables of any length, set by reportlab itself: the HTML renderer takes ten times as long for each line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, Table, TableStyle

from fsm.documents.colors import Palette
from fsm.documents.paragraph_markup import Block
from fsm.documents.sheet import WIDTH, paragraphs, text_width
from fsm.documents.typeface import BOLD, NORMAL, printable

SIZE, HEAD_SIZE, SMALL = 9.0, 7.5, 8.0
_LEAST_SIZE, _LEAST_TEXT_WIDTH = 5.0, 150.0
_GAP = 8.0
_TALLEST = 240.0  # points of one row: what is taller goes over the page in several


class Kind(Enum):
    """What a row is."""

    LINE = auto()
    TEXT = auto()
    HEADING = auto()
    SUM = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """The wide one takes what room the others leave; figures stand at the right of theirs."""

    label: str
    is_figure: bool = True
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Blocks stand in the column that takes the room, or over the whole width; ``small`` stands under them."""

    kind: Kind
    blocks: tuple[Block, ...] = ()
    small: tuple[Block, ...] = ()
    cells: tuple[str, ...] = ()
    """The other columns, from left to right; of a sum the figure alone."""


class Grid:
    """Rows under a head that every page repeats."""

    def __init__(self, columns: Sequence[Column], palette: Palette, *, is_filled: bool) -> None:
        self.columns, self.palette, self.is_filled = tuple(columns), palette, is_filled
        self.wide = next(at for at, column in enumerate(columns) if column.is_wide)
        self.rows: list[Row] = []
        self._data: list[list[Any]] = []
        self._commands: list[tuple[Any, ...]] = []

    def table(self) -> Table:
        """All that was added, laid out."""
        self.rows = [replace(row, cells=tuple(map(printable, row.cells))) for row in self.rows]
        size, widths = self._measured()
        self._data = [[column.label for column in self.columns]]
        self._commands = self._general(size)
        for at, row in enumerate(self.rows):
            self._set(row, widths, is_odd=bool(at % 2))
        self._keep_together()
        table = Table(self._data, colWidths=widths, repeatRows=1, spaceBefore=12)
        table.setStyle(TableStyle(self._commands))
        return table

    def _measured(self) -> tuple[float, list[float]]:
        """The size of the figures, and the widths: figures are never broken, they get smaller."""
        size = SIZE
        widths = self._widths(size)
        while sum(widths) > WIDTH - _LEAST_TEXT_WIDTH and size > _LEAST_SIZE:
            size -= 0.5
            widths = self._widths(size)
        widths[self.wide] = WIDTH - sum(widths)
        return size, widths

    def _widths(self, size: float) -> list[float]:
        """Of all but the wide column, which is 0."""
        texts: list[set[str]] = [set() for _column in self.columns]
        for row in self.rows:
            if row.kind is Kind.LINE:
                for place, text in zip(self._others(), row.cells, strict=True):
                    texts[place].add(text)
            elif row.kind is Kind.SUM:
                texts[-1].add(row.cells[0])
        edge = 2 * _GAP if self.is_filled else _GAP
        widths = [
            max([text_width(column.label, HEAD_SIZE), *(text_width(text, size, BOLD) for text in known)]) + edge
            for column, known in zip(self.columns, texts, strict=True)
        ]
        widths[self.wide] = 0
        return widths

    def _others(self) -> list[int]:
        return [at for at in range(len(self.columns)) if at != self.wide]

    def _general(self, size: float) -> list[tuple[Any, ...]]:
        accent, last = HexColor(self.palette.accent), (-1, -1)
        edge = _GAP / 2 if self.is_filled else 0
        commands: list[tuple[Any, ...]] = [
            ("FONT", (0, 0), last, NORMAL, size, round(size * 1.3, 2)),
            ("FONT", (0, 0), (-1, 0), NORMAL, HEAD_SIZE, 9),
            ("TEXTCOLOR", (0, 1), last, HexColor(self.palette.ink)),
            ("VALIGN", (0, 0), last, "TOP"),
            ("LEFTPADDING", (0, 0), last, edge),
            ("RIGHTPADDING", (0, 0), last, edge),
            ("LEFTPADDING", (1, 0), last, _GAP),
            ("TOPPADDING", (0, 0), last, 3.5),
            ("BOTTOMPADDING", (0, 0), last, 4.5),
        ]
        commands += [("ALIGN", (at, 0), (at, -1), "RIGHT") for at, one in enumerate(self.columns) if one.is_figure]
        if self.is_filled:
            head = [("BACKGROUND", (0, 0), (-1, 0), accent)]
            return [*commands, *head, ("TEXTCOLOR", (0, 0), (-1, 0), HexColor(self.palette.on_accent))]
        rule = ("LINEBELOW", (0, 0), (-1, 0), 0.75, accent)
        return [*commands, rule, ("TEXTCOLOR", (0, 0), (-1, 0), HexColor(self.palette.muted))]

    def _set(self, row: Row, widths: Sequence[float], *, is_odd: bool) -> None:
        spans = row.kind in {Kind.TEXT, Kind.HEADING}
        place = 0 if spans else self.wide
        width = (sum(widths) if spans else widths[self.wide]) - _GAP
        for part, flowables in enumerate(self._parts(row, width)):
            cells: list[Any] = [""] * len(self.columns)
            if row.kind is Kind.SUM:
                cells[-1] = row.cells[0]
            elif row.kind is Kind.LINE and not part:
                for other, text in zip(self._others(), row.cells, strict=True):
                    cells[other] = text
            cells[place] = flowables
            self._data.append(cells)
            self._style(row, is_first=not part, is_odd=is_odd)

    def _parts(self, row: Row, width: float) -> list[list[Flowable]]:
        """The text of a row in pieces that each fit on a page."""
        face = NORMAL if row.kind in {Kind.LINE, Kind.TEXT} else BOLD
        flowables = paragraphs(row.blocks, SIZE, self.palette.ink, face)
        flowables += paragraphs(row.small, SMALL, self.palette.muted)
        parts: list[list[Flowable]] = [[]]
        room = _TALLEST
        for flowable in flowables:
            height = float(flowable.wrap(width, _TALLEST)[1])
            pieces = flowable.split(width, _TALLEST) if height > _TALLEST else [flowable]
            while pieces:
                piece = pieces.pop(0)
                height = float(piece.wrap(width, _TALLEST)[1])
                if height > _TALLEST:
                    pieces[:0] = piece.split(width, _TALLEST)
                    continue
                if height > room and parts[-1]:
                    parts.append([])
                    room = _TALLEST
                parts[-1].append(piece)
                room -= height
        return parts

    def _style(self, row: Row, *, is_first: bool, is_odd: bool) -> None:
        at = len(self._data) - 1
        here, end = (0, at), (-1, at)
        if row.kind in {Kind.TEXT, Kind.HEADING}:
            self._commands.append(("SPAN", here, end))
        if row.kind is Kind.HEADING:
            self._commands.append(("TOPPADDING", here, end, 9))
        elif row.kind is Kind.SUM:
            self._commands.append(("FONT", (-1, at), end, BOLD, SIZE, 11.7))
        if not is_first:
            # The row before goes on here: no rule between them.
            self._commands = [one for one in self._commands if one[:2] != ("LINEBELOW", (0, at - 1))]
            self._commands.append(("TOPPADDING", here, end, 0))
            self._commands.append(("BOTTOMPADDING", (0, at - 1), (-1, at - 1), 0))
        if self.is_filled and is_odd and row.kind is Kind.LINE:
            self._commands.append(("BACKGROUND", here, end, HexColor(self.palette.wash)))
        self._commands.append(("LINEBELOW", here, end, 0.5, HexColor(self.palette.hairline)))

    def _keep_together(self) -> None:
        """A heading stays with its first line, a sum with its last."""
        places = {id(row): at for at, row in enumerate(self.rows)}
        if len(self._data) != len(self.rows) + 1:
            return  # some row is in several pieces: what is as tall as that may part from its heading
        for row, following in pairwise(self.rows):
            if row.kind is Kind.HEADING or following.kind is Kind.SUM:
                at = places[id(row)] + 1
                self._commands.append(("NOSPLIT", (0, at), (-1, at + 1)))
