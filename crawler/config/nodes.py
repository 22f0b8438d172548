"""Typed reading of nodes: what is wrong is noted with its place, and reading goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import yaml

from crawler.config import values
from crawler.config.anchors import anchored, substituted
from crawler.config.document import LOST_IN_LIST, comment_trap
from crawler.config.files import FileNotes
from crawler.config.keys import keys_of, sections_with
from crawler.config.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from alerts.errors import Place
    from alerts.rules.spec import Text
    from crawler.config.document import Document
    from crawler.config.findings import Findings

T = TypeVar("T")
D = TypeVar("D")

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_BROKEN_VARIABLE = re.compile(r"\$\{(?![A-Za-z_][A-Za-z0-9_]*\})")
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_LOST_WORD = re.compile(r"(?:-\s+|\s*)(#[^\s,\]}]+)")
_SHOWN = 60
_THINGS = {
    "": "here",
    "sources[]": "in a source",
    "sources[].article": "in `article`",
    "sources[].auth": "in `auth`",
    "rules[]": "in a rule",
    "rules[].raise[]": "in an entry of `raise`",
    "rules[].tests.match[]": "in a test",
    "rules[].tests.ignore[]": "in a test of `ignore`",
    "entities.*": "in an entity",
    "notifiers.*": "in a notifier",
    "entities.*.aliases[]": "in an alias",
}


@dataclass(frozen=True, slots=True)
class Context:
    """What all values of one file share."""

    document: Document
    findings: Findings
    environ: Mapping[str, str]
    notes: FileNotes = field(default_factory=FileNotes)
    literal: bool = False  # ${…} means nothing here: the file is not the user's own


@dataclass(frozen=True, slots=True)
class Item:
    """A value of the file under the name that messages call it."""

    name: str
    node: yaml.Node
    context: Context

    @property
    def place(self) -> Place:
        """Where the value begins."""
        return self.context.document.place(self.node.start_mark)

    @property
    def is_null(self) -> bool:
        """Whether nothing is given: an empty value, ``null`` or ``~``."""
        return isinstance(self.node, yaml.ScalarNode) and not self.node.style and self.node.value in _NULLS

    @property
    def has_variable(self) -> bool:
        """Whether some of the value comes from the environment."""
        raw = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        return not self.context.literal and _VARIABLE.search(raw) is not None

    def error(self, message: str, hint: str | None = None) -> None:
        """Note what is wrong with this value."""
        self.context.findings.error(self.place, message, hint)

    def read(self, parse: Callable[[str], T]) -> T | None:
        """Return the value as ``parse`` understands it; None, with a problem noted, where it does not."""
        text = self._text()
        if text is None:
            return None
        try:
            return parse(text)
        except values.Unusable as error:
            self.error(f"`{self._shown(secret=error.secret)}` {error.message}", error.hint)
            return None

    def text(self) -> Text | None:
        """Return the value as a text that knows its places."""
        if self._text() is None or not isinstance(self.node, yaml.ScalarNode):
            return None
        text = anchored(self.node, self.context.document)
        if self.context.literal or "${" not in text.value:
            return text
        return substituted(text, _VARIABLE, self.context.environ)

    def unset_variables(self) -> list[str]:
        """Return the environment variables that the value names and nobody set, or set to nothing."""
        raw = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        return [name for name in _VARIABLE.findall(raw) if not self.context.environ.get(name)]

    def variable_values(self) -> dict[str, str]:
        """Return what the environment variables that the value names are set to, by their names."""
        raw = self.node.value if self.has_variable else ""
        return {name: value for name in _VARIABLE.findall(raw) if (value := self.context.environ.get(name))}

    def items(self) -> list[Item]:
        """Return the entries of a list; a single value counts as a list of one."""
        if self.is_null:
            self.report_lost_word()
            return []
        if isinstance(self.node, yaml.MappingNode):
            self.error(f"`{self.name}` must be a list, not a mapping", "begin each entry with `- `")
            return []
        if isinstance(self.node, yaml.ScalarNode):
            return [self]
        self._check_lost_entries()
        return [replace(self, node=child) for child in self.node.value]

    def pairs(self) -> Iterator[tuple[Item, Item]]:
        """Return the (key, value) pairs of a mapping."""
        if isinstance(self.node, yaml.MappingNode):
            for key, value in self.node.value:
                if isinstance(key, yaml.ScalarNode):  # other keys were refused when the file was read
                    yield replace(self, node=key), Item(key.value, value, self.context)
        elif not self.is_null:
            kind = "list" if isinstance(self.node, yaml.SequenceNode) else "text"
            self.error(f"`{self.name}` must be a mapping, not a {kind}", "write `key: value` lines below it")

    def lost_word(self) -> str | None:
        """Return the unquoted ``#word`` that stands where this value is missing."""
        if not self.is_null or not isinstance(self.node, yaml.ScalarNode) or self.node.value:
            return None
        found = _LOST_WORD.match(self.context.document.rest_of_line(self.node.end_mark))
        return found[1] if found else None

    def report_lost_word(self) -> bool:
        """Note the error of an unquoted ``#word``, if that is why the value is missing."""
        lost = self.lost_word()
        if lost:
            message, hint = comment_trap(lost)
            self.error(f"`{self.name}` is empty: {message}", hint)
        return bool(lost)

    def _text(self) -> str | None:
        if self.report_lost_word():
            return None
        if not isinstance(self.node, yaml.ScalarNode):
            kind = "list" if isinstance(self.node, yaml.SequenceNode) else "mapping"
            hint = "write one text; quote it if it begins with a bracket"
            self.error(f"`{self.name}` must be a single value, not a {kind}", hint)
            return None
        if self.is_null:
            self.error(f"`{self.name}` has nothing here", "write a value, or remove this")
            return None
        return self._expanded(self.node.value)

    def _expanded(self, raw: str) -> str | None:
        if self.context.literal:
            return raw
        if _BROKEN_VARIABLE.search(raw):
            self.error("`${` begins a variable that is not finished", "write ${NAME}: letters, digits and _")
            return None
        unset = [name for name in _VARIABLE.findall(raw) if name not in self.context.environ]
        for name in unset:
            short = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
            self.error(
                f"`{self.name}` needs the environment variable {short}, which is not set",
                f"set {short} before the start, or write the value here",
            )
        return None if unset else _VARIABLE.sub(lambda match: self.context.environ[match[1]], raw)

    def _shown(self, *, secret: bool) -> str:
        """The value as the file has it: what comes from the environment is never repeated."""
        raw = " ".join(str(self.node.value).split())
        if secret or not raw:
            return self.name
        return f"{self.name}: {raw if len(raw) <= _SHOWN else raw[:_SHOWN] + '…'}"

    def _check_lost_entries(self) -> None:
        """Find entries of a ``[…]`` list that YAML took for comments."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.flow_style:
            return
        document = self.context.document
        start, end = self.node.start_mark, self.node.end_mark
        for number in range(start.line, end.line):  # a comment runs to the end of a line, so not on the last
            left = start.column if number == start.line else 0
            if lost := LOST_IN_LIST.match(document.lines[number], left):
                place = replace(self.place, line=number + 1, column=lost.start(1) + 1)
                message, hint = comment_trap(lost[1])
                self.context.findings.error(place, f"an entry of `{self.name}` is lost: {message}", hint)


class Section:
    """A mapping whose keys are known: each is read by its type."""

    def __init__(self, item: Item, path: str) -> None:
        """Check the keys of ``item`` against those of the section ``path`` in crawler.config.keys."""
        self.item = item
        self._path = path
        self._items: dict[str, Item] = {}
        self._guesses: set[str | None] = set()  # what misspelled keys were meant to be
        known = keys_of(path)
        for key, value in item.pairs():
            name = value.name
            if name not in known:
                guess = values.did_you_mean(name, known)
                self._guesses.add(guess)
                key.error(f"`{name}` is not known {_where(path)}", _hint(name, guess, known))
            else:
                self._items.setdefault(name, replace(value, name=name))

    @property
    def context(self) -> Context:
        """What all values of the file share."""
        return self.item.context

    @property
    def is_mapping(self) -> bool:
        """Whether there are keys at all; that there are none has been noted."""
        return self.item.is_null or isinstance(self.item.node, yaml.MappingNode)

    def get(self, key: str) -> Item | None:
        """Return the value of a key; None when it is absent or empty."""
        item = self._items.get(key)
        if item is None or not item.is_null:
            return item
        item.report_lost_word()
        return None

    def read(self, key: str, parse: Callable[[str], T], default: D) -> T | D:
        """Return a key's value, or the default when it is absent or unusable (which is noted)."""
        item = self.get(key)
        if item is None:
            return default
        value = item.read(parse)
        return default if value is None else value

    def optional(self, key: str, parse: Callable[[str], T]) -> T | None:
        """Return a key's value, or None when it is absent or unusable (which is noted)."""
        item = self.get(key)
        return item.read(parse) if item else None

    def tried(self, key: str) -> bool:
        """Whether the user gave the key something, usable or not."""
        item = self._items.get(key)
        return item is not None and (not item.is_null or item.lost_word() is not None)

    def is_null(self, key: str) -> bool:
        """Whether the user wrote that there is nothing: ``key: null``."""
        item = self._items.get(key)
        return item is not None and item.is_null and item.lost_word() is None

    def required(self, key: str) -> Item | None:
        """Return a key's value; its absence is an error."""
        item = self.get(key)
        if not self.tried(key) and self.is_mapping and key not in self._guesses:
            place = self._items.get(key, self.item)
            place.error(f"`{key}` is missing {_where(self._path)}", f"write `{key}: …`")
        return item

    def many(self, key: str, parse: Callable[[str], T]) -> tuple[T, ...]:
        """Return the usable entries of a list, each once."""
        found: dict[T, None] = {}
        item = self.get(key)
        for entry in item.items() if item else ():
            value = entry.read(parse)
            if value in found:
                self.context.findings.warn(entry.place, f"`{key}` names this twice", "remove one")
            elif value is not None:
                found[value] = None
        return tuple(found)

    def section(self, key: str) -> Section:
        """Return the section below a key; it is empty when the key is absent."""
        empty = yaml.MappingNode("tag:yaml.org,2002:map", [], self.item.node.start_mark, self.item.node.end_mark)
        path = f"{self._path}.{key}" if self._path else key
        item = self._items.get(key) or replace(self.item, name=key, node=empty)
        return Section(item, path)

    def entries(self, key: str) -> list[Item]:
        """Return the entries of a list of things."""
        item = self.get(key)
        return item.items() if item else []

    def named(self, key: str) -> list[tuple[Item, Item]]:
        """Return the (name, value) pairs of a mapping of things."""
        item = self.get(key)
        return list(item.pairs()) if item else []

    def secret(
        self,
        key: str,
        parse: Callable[[str], str] = values.credential,
        what: str = "token",
        *,
        may_be_unset: bool = False,
    ) -> Secret | None:
        """Return a secret from its key or from the file that its ``_file`` twin names.

        With ``may_be_unset``, one whose environment variable is not set, or empty, is None without a word.
        """
        direct, twin = self.get(key), self.get(f"{key}_file")
        if direct and twin:
            twin.error(f"`{key}` and `{key}_file` are both given", "keep one of them")
            return None
        if direct:
            value = None if may_be_unset and direct.unset_variables() else direct.read(parse)
        else:
            value = _read_secret_file(twin, parse, what) if twin else None
        return None if value is None else Secret(value)


def _hint(name: str, guess: str | None, known: Iterable[str]) -> str:
    if name == "<<":
        return "YAML's merge keys are not supported: write the keys out"
    if guess:
        return f"did you mean `{guess}`?"
    homes = sections_with(name)
    return f"it belongs to `{homes[0]}`" if homes else f"known here: {', '.join(sorted(known))}"


def _read_secret_file(item: Item, parse: Callable[[str], str], what: str) -> str | None:
    def read(written: str) -> str:
        path = item.context.document.path.parent / Path(values.text(written))
        item.context.notes.note(path)
        try:
            content = path.read_text("utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise values.Unusable(f"cannot be read: {reason}", "the path is relative to this file") from error
        try:
            return parse(content.rstrip("\r\n"))
        except values.Unusable as error:
            raise values.Unusable(f"holds no {what}", f"the file must hold the {what} and nothing else") from error

    return item.read(read)


def _where(path: str) -> str:
    """Where a key was expected, as the end of a sentence."""
    return _THINGS.get(path, f"in `{path.removeprefix('rules[].')}`")
