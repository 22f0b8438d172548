"""Lines whose cells stand below one another, and between them lines that need no columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text

_GAP = "  "


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The cells of one line with their styles, and the remarks below it with theirs."""

    cells: Sequence[tuple[str, str]]
    remarks: Sequence[tuple[str, str]] = ()


def aligned(headings: Sequence[str], lines: Sequence[Line], *, right: frozenset[str] = frozenset()) -> Iterator[Text]:
    """Yield the headings, dim, and the lines; columns named in ``right`` are numbers."""
    from rich.text import Text

    rows = [Line(cells=[(heading, "dim") for heading in headings]), *lines]
    widths = [max(len(row.cells[place][0]) for row in rows) for place in range(len(headings))]
    for row in rows:
        text = Text()
        for heading, width, (cell, style) in zip(headings, widths, row.cells, strict=True):
            text.append(cell.rjust(width) if heading in right else cell.ljust(width), style)
            text.append(_GAP)
        text.rstrip()
        yield text
        for remark, style in row.remarks:
            yield Text(_GAP + remark, style)
