"""Files of saved queries: plain text, tables, or the subscription lists of Google Alerts."""

from __future__ import annotations

import csv
import html
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import Place, Problem
from alerts.rules.spec import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAMES = ("name", "title", "search name", "search", "topic", "alert", "label", "description")
_QUERIES = ("query", "boolean", "search string", "search query", "keywords", "terms", "expression", "search terms")
_LONGEST_HEADING = 10_000  # characters
_OUTLINE = re.compile(r"<outline\b[^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(r"(?:text|title)\s*=\s*(\"|')(.*?)\1", re.DOTALL)
_ALERT = re.compile(r"Google Alerts?\s*[-\u2013\u2014:]\s*")

_LINES = re.compile(r"^[^\n]*\S[^\n]*$", re.MULTILINE)
_PARAGRAPHS = re.compile(r"^#[^\n]*$|^(?!#)[^\n]*\S[^\n]*(?:\n(?!#)[^\n]*\S[^\n]*)*", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A query that somebody saved."""

    name: str | None
    query: Text


def read_saved(name: str, content: str, *, line_by_line: bool = False) -> tuple[list[Saved], list[Problem]]:
    """Read a file of queries, and report what in it is none.

    A table (CSV, TSV; separated by commas, semicolons or tabs) has a line of headings, among them a query and
    mostly a name. An OPML file of Google Alerts holds the queries as titles. In any other file an empty line
    parts the queries (``line_by_line``: every line), and a line that begins with # names the one that follows.
    """
    content = content.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found: list[Saved | Problem]
    if "<opml" in content[:1_000]:
        found = list(_from_opml(name, content))
    elif columns := _columns(content):
        found = list(_from_table(name, content, *columns))
    else:
        found = list(_from_text(name, content, _LINES if line_by_line else _PARAGRAPHS))
    hint = "see docs/import.md for the files that can be read"
    nothing = Problem(Place(name, 1, 1), "no saved query was found in this file", hint)
    problems = [one for one in found or [nothing] if isinstance(one, Problem)]
    return [one for one in found if isinstance(one, Saved)], problems


def text_at(name: str, content: str, start: int, end: int) -> Text:
    """Return a piece of a file that knows the place of each of its characters."""
    line = content.count("\n", 0, start) + 1
    anchors = [(0, Place(name, line, start - content.rfind("\n", 0, start)))]
    for number, found in enumerate(re.finditer("\n", content[start:end]), start=line + 1):
        anchors.append((found.end(), Place(name, number, 1)))
    return Text(content[start:end], tuple(anchors))


def _from_text(name: str, content: str, pieces: re.Pattern[str]) -> Iterator[Saved]:
    title: str | None = None
    for found in pieces.finditer(content):
        if found[0].startswith("#"):
            title = found[0].lstrip("# ").strip() or None
        else:
            yield Saved(name=title, query=text_at(name, content, found.start(), found.end()))
            title = None


def _from_opml(name: str, content: str) -> Iterator[Saved]:
    for outline in _OUTLINE.finditer(content):
        if "xmlUrl" not in outline[0]:
            continue
        for attribute in _ATTRIBUTE.finditer(outline[0]):
            title = html.unescape(attribute[2])
            if found := _ALERT.match(title):
                place = text_at(name, content, outline.start(), outline.start()).at()
                query = title[found.end() :]
                yield Saved(name=query, query=Text(query, ((0, place),)))
                break


def _columns(content: str) -> tuple[str, int | None, int] | None:
    """Return the separator of a table and its columns for name and query; None for what is no table."""
    heading = content.split("\n", 1)[0][:_LONGEST_HEADING]
    for separator in "\t;,":
        cells = [cell.strip().lower() for cell in next(csv.reader([heading], delimiter=separator), [])]
        query = next((cells.index(word) for word in _QUERIES if word in cells), None)
        if query is not None and len(cells) > 1:
            return separator, next((cells.index(word) for word in _NAMES if word in cells), None), query
    return None


def _from_table(name: str, content: str, separator: str, titles: int | None, queries: int) -> Iterator[Saved | Problem]:
    rows = csv.reader(io.StringIO(content), delimiter=separator)
    next(rows, None)
    line = rows.line_num + 1
    try:
        for row in rows:
            if len(row) > queries and row[queries].strip():
                title = row[titles].strip() if titles is not None and len(row) > titles else ""
                yield Saved(name=title or None, query=_cell(name, row, queries, line))
            elif any(cell.strip() for cell in row):
                yield Problem(Place(name, line, 1), "this row has no query", "quote a cell that holds the separator")
            line = rows.line_num + 1
    except csv.Error as error:
        yield Problem(Place(name, line, 1), f"the table cannot be read on from here: {error}", "look for a lone quote")


def _cell(name: str, row: Sequence[str], column: int, line: int) -> Text:
    """Return a cell with its lines; columns count from the beginning of the cell."""
    line += sum(cell.count("\n") for cell in row[:column])
    value = row[column]
    starts = [0, *(found.end() for found in re.finditer("\n", value))]
    return Text(value, tuple((start, Place(name, line + number, 1)) for number, start in enumerate(starts)))
