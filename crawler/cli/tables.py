"""Tables that break no word: where a terminal is too narrow for the columns, each row is a paragraph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text

    Row = Sequence[Text]

_GAP = 2
_NARROWEST = 14  # characters of a column of prose: below that it is one word a line
_LONGEST = 36  # characters of a word that may be broken: an address within prose
_INDENT = 2
_PARTING = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: what stands above it, and whether it may be wrapped."""

    heading: str
    right: bool = False
    keep: bool = False  # in one line: an id, a number, a state


class Fitted:
    """Rows as a table, or each as a paragraph where there is not enough room for that; for rich to print."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[str | Text]]) -> None:
        from rich.text import Text

        self._columns = columns
        self._rows = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        widths = _widths(self._columns, self._rows, options.max_width)
        if widths is not None:
            yield _table(self._columns, self._rows, widths)
            return
        for row in self._rows:
            yield from _paragraph(self._columns, row, options.max_width)


def _widths(columns: Sequence[Column], rows: Sequence[Row], room: int) -> list[int] | None:
    """Return how wide each column is to be; None where words would have to be broken."""
    wanted = [max(_longest_line(cells), len(one.heading)) for one, cells in _by_column(columns, rows)]
    widths = [
        want if one.keep else max(min(_longest_word(cells), _LONGEST), min(want, _NARROWEST), len(one.heading))
        for (one, cells), want in zip(_by_column(columns, rows), wanted, strict=True)
    ]
    spare = room - sum(widths) - _GAP * (len(columns) - 1)
    if spare < 0:
        return None
    for place in sorted(range(len(columns)), key=lambda place: wanted[place] - widths[place]):
        more = min(spare, max(wanted[place] - widths[place], 0))
        widths[place] += more
        spare -= more
    return widths


def _by_column(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[tuple[Column, list[Text]]]:
    return ((one, [row[place] for row in rows]) for place, one in enumerate(columns))


def _longest_line(cells: Sequence[Text]) -> int:
    return max((line.cell_len for cell in cells for line in cell.split()), default=0)


def _longest_word(cells: Sequence[Text]) -> int:
    from rich.cells import cell_len

    return max((cell_len(word) for cell in cells for word in cell.plain.split()), default=0)


def _table(columns: Sequence[Column], rows: Sequence[Row], widths: Sequence[int]) -> RenderableType:
    from rich.table import Table

    table = Table(box=None, padding=(0, _GAP, 0, 0), header_style="dim", pad_edge=False)
    for one, width in zip(columns, widths, strict=True):
        justify = "right" if one.right else "left"
        table.add_column(one.heading, width=width, no_wrap=one.keep, overflow="fold", justify=justify)  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*row)
    return table


def _paragraph(columns: Sequence[Column], row: Row, room: int) -> Iterator[RenderableType]:
    """Yield the first cell, and below it the others that say anything, each with its heading in one line if it fits."""
    from rich.padding import Padding
    from rich.text import Text

    yield row[0]
    line = Text()
    for one, cell in zip(columns[1:], row[1:], strict=True):
        if not cell.plain.strip():
            continue
        said = Text(f"{one.heading} " if one.heading else "", "dim") + Text(" ").join(cell.split())
        if line and line.cell_len + len(_PARTING) + said.cell_len > room - _INDENT:
            yield Padding(line, (0, 0, 0, _INDENT))
            line = Text()
        line += Text(_PARTING if line else "", "dim") + said
    yield Padding(line, (0, 0, 0, _INDENT))
