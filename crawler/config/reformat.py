"""The queries of a YAML file in the house form, everything else byte for byte as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import yaml

from alerts.errors import ConfigError, Level, Place, Problem
from alerts.rules.printing import print_query
from alerts.rules.query import read_query
from alerts.rules.rewrite import WIDTH, house_lines
from alerts.rules.spec import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.rules.nodes import Node

_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|$)")  # as libyaml counts them
_LINE_ENDS = "\r\n\x85\u2028\u2029"
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor or tag before a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reformatted:
    """A file in the house form."""

    text: str
    problems: tuple[Problem, ...] = ()  # queries that could not be read, and stay as they were


_At = tuple[int, int]  # line and column


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    new: str


def reformat(text: str, name: str) -> Reformatted:
    """Rewrite the queries of a configuration or of a file of rules; raises ConfigError when it is not YAML.

    A value stays in the style it has: plain, quoted or a block. Only a block is broken into lines.
    """
    lines = _LINE.findall(text)
    starts = [0, *accumulate(map(len, lines))]
    edits: list[_Edit] = []
    problems: list[Problem] = []
    root = _root(text, name)
    flows = list(_flows(root)) if root else []
    for node in _queries(root):
        place = Place(name, node.start_mark.line + 1, node.start_mark.column + 1)
        reading = read_query(Text(node.value, _anchors(node, place)))
        if reading.tree is None:
            problems += [problem for problem in reading.problems if problem.level is Level.ERROR]
        elif edit := _edit(node, reading.tree, lines, starts, flows):
            edits.append(edit)
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return Reformatted(text=text, problems=tuple(problems))


def _root(text: str, name: str) -> yaml.Node | None:
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)
        raise ConfigError([Problem(place, "this is not YAML", "tocsin check says more")]) from error
    return root


def _anchors(node: yaml.ScalarNode, place: Place) -> tuple[tuple[int, Place], ...]:
    if node.style != "|":
        return ((0, place),)
    starts = [0, *(found.end() for found in re.finditer("\n", node.value))]
    return tuple((start, Place(place.file, place.line + 1 + number, 1)) for number, start in enumerate(starts))


def _queries(root: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """Yield every query of a file: when, if, needs, and the saved ones; each once, however often it is referred to."""
    seen: set[tuple[int, int]] = set()
    for node in _candidates(root):
        key = node.start_mark.line, node.start_mark.column
        if isinstance(node, yaml.ScalarNode) and key not in seen:
            seen.add(key)
            yield node


def _candidates(root: yaml.Node | None) -> Iterator[yaml.Node]:
    for section, value in _pairs(root):
        if section == "queries":
            yield from (query for _, query in _pairs(value))
        elif section in {"entities", "lists"}:
            yield from _named(value, "needs")
        elif section == "rules":
            for rule in _entries(value):
                yield from (found for key, found in _pairs(rule) if key == "when")
                steps = (step for key, steps in _pairs(rule) if key == "raise" for step in _entries(steps))
                yield from (found for step in steps for key, found in _pairs(step) if key == "if")


def _named(node: yaml.Node, key: str) -> Iterator[yaml.Node]:
    """Yield what a key has as its value, at any depth."""
    for name, value in _pairs(node):
        if name == key:
            yield value
        else:
            yield from _named(value, key)
    for entry in _entries(node):
        yield from _named(entry, key)


def _pairs(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return [(key.value, value) for key, value in pairs if isinstance(key, yaml.ScalarNode)]


def _entries(node: yaml.Node) -> list[yaml.Node]:
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _edit(
    node: yaml.ScalarNode, tree: Node, lines: list[str], starts: list[int], flows: list[tuple[_At, _At]]
) -> _Edit | None:
    if node.style in {"|", ">"}:
        return _block(node, tree, lines, starts)
    house = print_query(tree)
    if house == node.value:
        return None
    at = node.start_mark.line, node.start_mark.column
    properties = _PROPERTIES.match(lines[at[0]], at[1])
    column = properties.end() if properties else at[1]
    frame = "[{}]" if any(start < at < end for start, end in flows) else "key: {}"
    end = starts[node.end_mark.line] + node.end_mark.column
    return _Edit(starts[at[0]] + column, end, _in_line(house, node.style, frame))


def _flows(node: yaml.Node) -> Iterator[tuple[_At, _At]]:
    """Yield where each collection in brackets begins and ends."""
    if isinstance(node, yaml.CollectionNode):
        if node.flow_style:
            yield (node.start_mark.line, node.start_mark.column), (node.end_mark.line, node.end_mark.column)
            return
        for _, value in _pairs(node):
            yield from _flows(value)
        for entry in _entries(node):
            yield from _flows(entry)


def _in_line(house: str, style: str | None, frame: str) -> str:
    """Write a query on one line in the style it had, with quotes where it cannot do without."""
    if style == '"':
        return '"' + house.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if style != "'" and _is_plain(house, frame):
        return house
    return "'" + house.replace("'", "''") + "'"


def _is_plain(house: str, frame: str) -> bool:
    """Ask YAML whether a text means itself where it stands."""
    try:
        node = yaml.compose(frame.format(house), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return False
    if node is None or len(node.value) != 1:
        return False
    found = node.value[0] if frame == "[{}]" else node.value[0][1]
    tag = "tag:yaml.org,2002:str"
    return isinstance(found, yaml.ScalarNode) and (found.tag, found.value) == (tag, house)


def _block(node: yaml.ScalarNode, tree: Node, lines: list[str], starts: list[int]) -> _Edit | None:
    """Rewrite the lines of a block; its header, its indentation and what follows stay."""
    header = lines[node.start_mark.line][node.start_mark.column :]
    first = node.start_mark.line + 1
    while first < len(lines) and not lines[first].strip():
        first += 1
    if first >= len(lines) or re.search(r"^(?:[&!]\S*\s+)*[|>][+-]?[1-9]", header):
        return None  # an indentation said in the header means that blanks at the beginning count
    indent = len(lines[first]) - len(lines[first].lstrip(" "))
    last = first
    for number in range(first, min(node.end_mark.line + 1, len(lines))):
        if lines[number].strip() and len(lines[number]) - len(lines[number].lstrip(" ")) < indent:
            break
        if lines[number].strip():
            last = number
    written = [lines[number].rstrip(_LINE_ENDS) for number in range(first, last + 1)]
    broken = sum(bool(line.strip()) for line in written) > 1
    house = [" " * indent + line for line in house_lines(tree, WIDTH - indent, broken=broken)]
    if house == written:
        return None
    ending = lines[first][len(lines[first].rstrip(_LINE_ENDS)) :] or "\n"
    end = starts[last] + len(written[-1])
    return _Edit(starts[first], end, ending.join(house))
