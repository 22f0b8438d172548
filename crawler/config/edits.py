"""Edits of a rule for a person to look at: the file as it would read, everything else byte for byte as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from alerts.errors import ConfigError, Place, Problem
from alerts.rules.nodes import And
from alerts.rules.query import read_query
from alerts.rules.spec import Text
from crawler.config.diffs import unified

if TYPE_CHECKING:
    from alerts.rules.nodes import Node
    from alerts.rules.ruleset import Rule

_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|$)")  # as libyaml counts them
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor or tag before a value
_BLOCK = frozenset({"|", ">"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a file would say instead; nothing is written."""

    file: str  # as messages call it
    before: str
    after: str
    rules: tuple[int, int]  # where ``rules:`` stands in what was before, in characters

    @property
    def diff(self) -> str:
        """The change in the unified form, which ``patch`` and ``git apply`` take; it shows nothing but rules."""
        return unified(Path(self.file).as_posix(), self.before, self.after, self.rules)


def promoted(rule: Rule) -> Edit:
    """Return the edit that ends a rule's trial: without ``shadow: true``. Raises ConfigError when there is no way."""
    file, text = _read(rule)
    return _edited(rule, file, text, _Rule(text, rule.id).without("shadow"), {"shadow": None})


def narrowed(rule: Rule, clause: str) -> Edit:
    """Return the edit that asks a rule's query for one clause more, such as ``NOT "fruit juice"``.

    An OR gets parentheses first, so that the clause holds for all of it. Raises ConfigError when there is no way.
    """
    file, text = _read(rule)
    bracket = _needs_brackets(rule.query, rule.when.value, clause)
    edited = _Rule(text, rule.id).with_clause(clause, bracket=bracket)
    return _edited(rule, file, text, edited, {"when": _joined(rule.when.value, clause, bracket=bracket)})


def _needs_brackets(tree: Node, query: str, clause: str) -> bool:
    """Say whether a query with a clause more means something else, or nothing, without parentheses around it."""
    both = read_query(Text(_joined(query, clause, bracket=False), ((0, Place("", 1, 1)),))).tree
    before = tree.parts if isinstance(tree, And) else (tree,)
    return not (isinstance(both, And) and both.parts[:-1] == before)


def _joined(query: str, clause: str, *, bracket: bool) -> str:
    """Return a query on one line with a clause more."""
    line = " ".join(query.split())
    return f"({line}) {clause}" if bracket else f"{line} {clause}"


def _read(rule: Rule) -> tuple[Path, str]:
    place = rule.spec.id.at()
    path = Path(place.file)
    try:
        return path, path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError([Problem(place, f"the file cannot be read: {reason}")]) from error


def _edited(rule: Rule, file: Path, before: str, after: str | None, changed: dict[str, str | None]) -> Edit:
    """Return the edit, if the file says after it what it said, but for ``changed``; raises ConfigError if not."""
    place = rule.spec.id.at()
    if after is None or _said(after, rule.id) != _wanted(_said(before, rule.id), changed):
        key = next(iter(changed))
        hint = "remove it by hand" if changed[key] is None else f"write by hand: {changed[key]}"
        message = f"`{key}` of rule {rule.id} stands where it cannot be edited safely"
        raise ConfigError([Problem(place, f"{message}, or the file has changed since", hint)])
    if (when := changed.get("when")) is not None:
        reading = read_query(Text(when, ((0, Place(place.file, place.line, 1)),)))
        if reading.tree is None:
            raise ConfigError(reading.problems)
    return Edit(file=str(file), before=before, after=after, rules=_Rule(before, rule.id).section)


def _said(text: str, rule: str) -> Any:
    """Return what a file says of a rule, with blanks of the query counted as one; None when it is no YAML."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    content = _content(root)
    own = next((one for one in _listed(content) if one.get("id") == rule), None)
    if own is None:
        return None
    rest = [one for one in _listed(content) if one is not own]
    if isinstance(own.get("when"), str):
        own["when"] = " ".join(own["when"].split()).replace("( ", "(").replace(" )", ")")
    return own, rest, {key: value for key, value in content.items() if key != "rules"}


def _wanted(said: Any, changed: dict[str, str | None]) -> Any:
    if said is None:
        return ...
    own, *rest = said
    made = {key: value for key, value in own.items() if key not in changed or changed[key] is not None}
    for key, value in changed.items():
        if value is not None:
            made[key] = " ".join(value.split()).replace("( ", "(").replace(" )", ")")
    return made, *rest


def _listed(content: Any) -> list[dict[str, Any]]:
    rules = content.get("rules") if isinstance(content, dict) else None
    return [one for one in rules if isinstance(one, dict)] if isinstance(rules, list) else []


def _content(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {key.value: _content(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    if isinstance(node, yaml.SequenceNode):
        return [_content(child) for child in node.value]
    return node.value if isinstance(node, yaml.ScalarNode) else {}


class _Rule:
    """A rule in a text, and where its keys stand."""

    def __init__(self, text: str, rule: str) -> None:
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        self._text, self._shift = text, len(mark)
        self._lines = _LINE.findall(text)
        self._starts = [0, *accumulate(map(len, self._lines))]
        listed = _listed_rules(text)
        rules = listed[1].value if listed else ()
        self._node = next((node for node in rules if _is_rule(node, rule)), None)
        self.section = (self._at(listed[0].start_mark), self._at(listed[1].end_mark)) if listed else (0, len(text))

    def without(self, key: str) -> str | None:
        """Return the text without a key of the rule; None when there is no safe way."""
        pairs = self._node.value if self._node else []
        number = next((at for at, (name, _) in enumerate(pairs) if name.value == key), None)
        if self._node is None or number is None or len(pairs) == 1:
            return None
        name, value = pairs[number]
        if self._node.flow_style:
            return self._without_flow(pairs, number)
        start, end = self._starts[name.start_mark.line], self._starts[value.end_mark.line + 1]
        if self._text[start : self._at(name.start_mark)].strip():  # behind the dash: the next key takes its place
            return (
                self._cut(self._at(name.start_mark), self._at(pairs[number + 1][0].start_mark)) if number == 0 else None
            )
        return self._cut(start, end)

    def _without_flow(self, pairs: list[tuple[yaml.Node, yaml.Node]], number: int) -> str:
        name, value = pairs[number]
        start, end = self._at(name.start_mark), self._at(value.end_mark)
        if comma := re.compile(r"\s*,[ \t]*").match(self._text, end):
            end = comma.end()
        elif number:
            start = self._at(pairs[number - 1][1].end_mark)
        line = self._starts[name.start_mark.line]
        rest = re.compile("[ \t]*(?:\r\n|\n)").match(self._text, end)
        if rest and not self._text[line:start].strip():  # it had the line to itself
            return self._cut(line, rest.end())
        return self._cut(start, end)

    def with_clause(self, clause: str, *, bracket: bool) -> str | None:
        """Return the text with one clause more in the query; None when there is no safe way."""
        value = next((value for name, value in self._pairs() if name.value == "when"), None)
        if not isinstance(value, yaml.ScalarNode):
            return None
        if value.style in _BLOCK:
            return self._in_block(value, clause, bracket=bracket)
        at = self._at(value.start_mark)
        properties = _PROPERTIES.match(self._text, at)
        start, end = properties.end() if properties else at, self._at(value.end_mark)
        new = _joined(value.value, clause, bracket=bracket)
        return self._text[:start] + _quoted(new, value.style, flow=self._is_flow) + self._text[end:]

    def _in_block(self, value: yaml.ScalarNode, clause: str, *, bracket: bool) -> str | None:
        """Write the clause on a line of its own, as deep as the query stands."""
        own: list[int] = []
        for number in range(value.start_mark.line + 1, min(value.end_mark.line + 1, len(self._lines))):
            if self._lines[number].strip():
                if own and _indent(self._lines[number]) < _indent(self._lines[own[0]]):
                    break
                own.append(number)
        if not own or _indent(self._lines[own[0]]) == 0:
            return None
        indent = " " * _indent(self._lines[own[0]])
        start, body = self._starts[own[0]], self._lines[own[-1]].rstrip("\r\n")
        end = self._starts[own[-1]] + len(body)
        old = self._text[start:end]
        ending = "\r\n" if self._lines[own[0]].endswith("\r\n") else "\n"
        if bracket:
            old = f"{indent}({old[len(indent) :]})"
        return f"{self._text[:start]}{old}{ending}{indent}{clause}{self._text[end:]}"

    def _pairs(self) -> list[tuple[yaml.Node, yaml.Node]]:
        return self._node.value if self._node else []

    @property
    def _is_flow(self) -> bool:
        return bool(self._node and self._node.flow_style)

    def _cut(self, start: int, end: int) -> str:
        return self._text[:start] + self._text[end:]

    def _at(self, mark: yaml.Mark) -> int:
        return self._starts[mark.line] + mark.column + (self._shift if mark.line == 0 else 0)


def _listed_rules(text: str) -> tuple[yaml.Node, yaml.SequenceNode] | None:
    """Return the key ``rules`` of a file and its list."""
    try:
        root = yaml.compose(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next(
        ((key, some) for key, some in pairs if key.value == "rules" and isinstance(some, yaml.SequenceNode)), None
    )


def _is_rule(node: yaml.Node, rule: str) -> bool:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return any(name.value == "id" and value.value == rule for name, value in pairs)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _quoted(query: str, style: str | None, *, flow: bool) -> str:
    """Write a query on one line in the style it had, with quotes where it cannot do without."""
    if style == '"':
        return '"' + query.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if style != "'" and _is_plain(query, "{{key: {}}}" if flow else "key: {}"):
        return query
    return "'" + query.replace("'", "''") + "'"


def _is_plain(query: str, frame: str) -> bool:
    """Ask YAML whether a text means itself where it stands."""
    try:
        node = yaml.compose(frame.format(query), Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return False
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return len(pairs) == 1 and isinstance(pairs[0][1], yaml.ScalarNode) and pairs[0][1].value == query
