"""New entries at the end of a file's ``sources:``, everything else byte for byte as it was."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from alerts.errors import ConfigError, Place, Problem
from crawler.config.document import display_name
from crawler.config.files import stamp
from crawler.config.loader import read
from crawler.config.writing import as_flow, as_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crawler.config.loader import Attempt
    from crawler.config.writing import Written

_LINE = re.compile("[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029]|$)")  # as libyaml counts them
_BLANKS = re.compile(r"[ \t]*")


class NoPlace(ValueError):
    """The file is written in a way that leaves no safe place for another entry."""


def append_to_file(path: Path, entries: Sequence[Mapping[str, Written]], environ: Mapping[str, str]) -> Attempt:
    """Add entries to ``sources:`` of a configuration, whole or not at all.

    The new file is read as a start would read it before it takes the old one's place. Raises NoPlace, or
    ConfigError when it would hold a mistake, or when somebody else wrote the file meanwhile; the old one
    then stays as it is.
    """
    target = path.resolve()  # a link stays a link
    before = stamp(target)
    data = target.read_bytes().decode()
    mark = "\ufeff" if data.startswith("\ufeff") else ""
    text = mark + with_sources(data.removeprefix("\ufeff"), entries)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".new")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, draft)
        attempt = read(draft, environ)
        if attempt.config is None:
            raise ConfigError(_renamed(attempt.problems, draft, path))
        if stamp(target) != before:
            place = Place(display_name(path), 1, 1)
            raise ConfigError([Problem(place, "the file was changed meanwhile, and was left alone", "try again")])
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return replace(attempt, problems=tuple(_renamed(attempt.problems, draft, path)))


def with_sources(text: str, entries: Sequence[Mapping[str, Written]]) -> str:
    """Return a configuration's text with more entries at the end of its ``sources:``; raises NoPlace."""
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        new = _File(text).appended(root, entries) if entries else text
        sound = _plain(root, entries) == _plain(yaml.compose(new, Loader=yaml.CSafeLoader), ())
    except yaml.YAMLError:
        sound = False
    if not sound:
        raise NoPlace("no place for another entry was found in `sources:`")
    return new


class _File:
    """A text and where its lines begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = _LINE.findall(text)
        self._starts = [0, *accumulate(map(len, self._lines))]
        self._ending = "\r\n" if "\r\n" in text else "\n"

    def appended(self, root: yaml.Node | None, entries: Sequence[Mapping[str, Written]]) -> str:
        pairs = root.value if isinstance(root, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == "sources"), None)
        if found is None:
            return self._as_new_key(root, pairs, entries)
        key, value = found
        if isinstance(root, yaml.MappingNode) and root.flow_style and isinstance(value, yaml.SequenceNode):
            flow = ", ".join(map(as_flow, entries))
            at = self._at(value.value[-1].end_mark if value.value else value.start_mark)
            return self._inserted(at, f", {flow}") if value.value else self._inserted(at + 1, flow)
        if (value.start_mark.line, value.start_mark.column) < (key.start_mark.line, key.start_mark.column):
            raise NoPlace("`sources:` is a YAML alias")
        if isinstance(value, yaml.SequenceNode) and value.value:
            return self._after_last(value, entries)
        return self._below_key(key, value, entries)

    def _as_new_key(
        self,
        root: yaml.Node | None,
        pairs: Sequence[tuple[yaml.Node, yaml.Node]],
        entries: Sequence[Mapping[str, Written]],
    ) -> str:
        if isinstance(root, yaml.MappingNode) and root.flow_style:
            if not pairs:
                raise NoPlace("the file is one empty pair of braces")
            flow = ", ".join(map(as_flow, entries))
            return self._inserted(self._at(pairs[-1][1].end_mark), f', "sources": [{flow}]')
        parted = self._text + ("" if not self._text or self._text.endswith(("\n", "\r")) else self._ending)
        gap = self._ending if parted.strip() else ""
        return parted + gap + "sources:" + self._ending + self._block(entries, "  ")

    def _after_last(self, sequence: yaml.SequenceNode, entries: Sequence[Mapping[str, Written]]) -> str:
        last = sequence.value[-1]
        if sequence.flow_style:
            return self._inserted(self._at(last.end_mark), "".join(f", {as_flow(entry)}" for entry in entries))
        column = sequence.start_mark.column
        line = self._line_after(_leaf(last), column)
        return self._with_lines(line, self._block(entries, " " * column))

    def _below_key(self, key: yaml.Node, value: yaml.Node, entries: Sequence[Mapping[str, Written]]) -> str:
        """Turn ``sources:`` with nothing, with ``[]`` or with a single address into a list."""
        if value.start_mark.line != value.end_mark.line or isinstance(value, yaml.MappingNode):
            raise NoPlace("`sources:` is no list")
        start, end = self._at(value.start_mark), self._at(value.end_mark)
        old = self._text[start:end]
        keep = isinstance(value, yaml.ScalarNode) and bool(value.value) and value.value not in {"~", "null"}
        indent = " " * (key.start_mark.column + 2)
        block = (f"{indent}- {old}{self._ending}" if keep else "") + self._block(entries, indent)
        lead = len(self._text[:start]) - len(self._text[:start].rstrip(" \t")) if old else 0
        emptied = _File(self._text[: start - lead] + self._text[end:])
        return emptied._with_lines(value.start_mark.line + 1, block)

    def _line_after(self, leaf: yaml.Node, column: int) -> int:
        """Return the line before which a new entry stands: behind the last one and the comments that belong to it."""
        line = leaf.end_mark.line
        if isinstance(leaf, yaml.ScalarNode) and leaf.style in {"|", ">"}:
            line = min(line, len(self._lines)) - (0 if leaf.end_mark.column else 1)
            while line > leaf.start_mark.line and not self._lines[line].strip():
                line -= 1
        line += 1
        while column and line < len(self._lines) and self._is_comment(line, column):
            line += 1
        return line

    def _is_comment(self, line: int, column: int) -> bool:
        indent = len(_BLANKS.match(self._lines[line])[0])  # type: ignore[index] # it matches nothing as well
        return indent >= column and self._lines[line][indent:].startswith("#")

    def _with_lines(self, line: int, block: str) -> str:
        at = self._starts[min(line, len(self._starts) - 1)]
        before = self._text[:at]
        if before and not before.endswith(("\n", "\r")):
            block = self._ending + block
        return before + block + self._text[at:]

    def _block(self, entries: Sequence[Mapping[str, Written]], indent: str) -> str:
        return "".join(f"{indent}{line}{self._ending}" for entry in entries for line in as_lines(entry))

    def _inserted(self, at: int, new: str) -> str:
        return self._text[:at] + new + self._text[at:]

    def _at(self, mark: yaml.Mark) -> int:
        return self._starts[mark.line] + mark.column


def _leaf(node: yaml.Node) -> yaml.Node:
    """Return the scalar or flow collection in which a node ends: a block's own end is where the next thing begins."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _plain(node: yaml.Node | None, more: Sequence[Mapping[str, Written]]) -> Any:
    """Return what a file says, without its form, and with more entries in ``sources``."""
    content = _content(node)
    if more and isinstance(content, dict):
        old = content.get("sources")
        listed = old if isinstance(old, list) else [old] if old not in {None, "", "~", "null"} else []
        added = [_content(yaml.compose(as_flow(entry), Loader=yaml.CSafeLoader)) for entry in more]
        content["sources"] = [*listed, *added]
    return content


def _content(node: yaml.Node | None) -> Any:
    if node is None:
        return {}
    if isinstance(node, yaml.MappingNode):
        return {key.value: _content(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_content(child) for child in node.value]
    return node.value.rstrip("\n")  # the last line of the file may have had no end


def _renamed(problems: Sequence[Problem], draft: Path, path: Path) -> list[Problem]:
    shown, name = display_name(draft), display_name(path)
    return [
        replace(problem, place=replace(problem.place, file=name)) if problem.place.file == shown else problem
        for problem in problems
    ]
