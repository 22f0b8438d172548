"""Which character of a text stands where in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.errors import Place
from alerts.rules.spec import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from yaml import ScalarNode

    from crawler.config.document import Document

_ESCAPES = {
    '"': re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.|$)"),
    "'": re.compile("''"),
}

_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*")  # a YAML anchor or tag before the text

# A stretch of source that the value holds as it is, or, without a text, one escaped character.
_Piece = tuple[str | None, int, int]


def anchored(node: ScalarNode, document: Document) -> Text:
    """Return the text of a scalar of any YAML style with the place of each stretch of it."""
    anchors = [(0, document.place(node.start_mark))]
    offset = 0
    for piece, line, column in _pieces(node, document):
        if piece is None:
            offset += 1
            continue
        found = node.value.find(piece, offset)
        if found < 0:  # a YAML anchor on a line of its own
            continue
        anchor = (found, Place(document.name, line + 1, column + 1))
        if found == 0:
            anchors[0] = anchor
        else:
            anchors.append(anchor)
        offset = found + len(piece)
    return Text(node.value, tuple(anchors))


def _pieces(node: ScalarNode, document: Document) -> Iterator[_Piece]:
    start, end = node.start_mark, node.end_mark
    if node.style in {"|", ">"}:
        for number in range(start.line + 1, min(end.line + 1, len(document.lines))):
            line = document.lines[number]
            yield from _stretches(line, 0, end.column if number == end.line else len(line), number, None)
        return
    quote = len(node.style or "")
    properties = _PROPERTIES.match(document.lines[start.line], start.column)
    first = (properties.end() if properties else start.column) + quote
    for number in range(start.line, end.line + 1):
        line = document.lines[number]
        left = first if number == start.line else 0
        right = end.column - quote if number == end.line else len(line)
        yield from _stretches(line, left, right, number, _ESCAPES.get(node.style or ""))


def _stretches(line: str, left: int, right: int, number: int, escapes: re.Pattern[str] | None) -> Iterator[_Piece]:
    part = line[left:right]
    stripped = part.strip(" \t")
    left += part.find(stripped)
    done = 0
    for escape in escapes.finditer(stripped) if escapes else ():
        if escape.start() > done:
            yield stripped[done : escape.start()], number, left + done
        if escape[0] != "\\":  # a backslash at the end of a line joins two lines
            yield None, number, left + escape.start()
        done = escape.end()
    if stripped[done:]:
        yield stripped[done:], number, left + done


def substituted(text: Text, pattern: re.Pattern[str], values: Mapping[str, str]) -> Text:
    """Replace each match of ``pattern`` by the value of its first group; a value stands where its name stood."""
    written, anchors, done = "", [], 0
    remaining = list(text.anchors)
    for match in pattern.finditer(text.value):
        shift = len(written) - done
        anchors += [(offset + shift, place) for offset, place in remaining if offset <= match.start()]
        remaining = [pair for pair in remaining if pair[0] >= match.end()]
        written += text.value[done : match.start()]
        anchors.append((len(written), text.at(match.start())))
        written += values.get(match[1], "")
        done = match.end()
        anchors.append((len(written), text.at(done)))
    shift = len(written) - done
    anchors += [(offset + shift, place) for offset, place in remaining]
    return Text(written + text.value[done:], tuple(dict(anchors).items()))
