"""A YAML file as nodes that know where they stand."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from alerts.errors import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.config.findings import Findings

# What libyaml counts as the end of a line.
_LINE_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAG_PREFIX = "tag:yaml.org,2002:"
_KNOWN_TAGS = frozenset(
    _TAG_PREFIX + tag for tag in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
)
_MAX_DEPTH = 50
_MAX_ALIASED_NODES = 100_000  # beyond what the file itself spells out


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file that was read; ``root`` is None for a file without content."""

    path: Path
    name: str  # as messages call it
    lines: tuple[str, ...]
    root: yaml.Node | None

    def place(self, mark: yaml.Mark) -> Place:
        """Return where a mark of this document's nodes stands."""
        return Place(self.name, mark.line + 1, mark.column + 1)

    def rest_of_line(self, mark: yaml.Mark) -> str:
        """Return what the line holds from ``mark`` on."""
        return self.lines[mark.line][mark.column :]


def display_name(path: Path) -> str:
    """Return the name that messages use: as given, but relative to the working directory where that is possible."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else os.path.normpath(path)


def read_document(path: Path, findings: Findings) -> Document | None:
    """Read a file into nodes; None, and at least one error in ``findings``, when it cannot be read."""
    name = display_name(path)
    text = _read_text(path, name, findings)
    return None if text is None else document_of(text, path, name, findings)


def document_of(text: str, path: Path, name: str, findings: Findings) -> Document | None:
    """Read a text into nodes, as the file of that path or in its place; None as ``read_document`` says."""
    lines = tuple(_LINE_END.split(text))
    if bad := _UNPRINTABLE.search(text):
        findings.error(_place_of(name, text, bad.start()), f"the character U+{ord(bad[0]):04X} may not stand in YAML")
        return None
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        _note_syntax_error(error, name, lines, findings)
        return None
    document = Document(path, name, lines, root)
    return document if root is None or _is_sound(root, document, findings) else None


def _read_text(path: Path, name: str, findings: Findings) -> str | None:
    start = Place(name, 1, 1)
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8-sig", "replace")
        place = _place_of(name, before, len(before))
        findings.error(place, f"the file is not UTF-8: {error.reason}", "save it as UTF-8")
    except OSError as error:
        findings.error(start, f"cannot be read: {error.strerror or error}", "name another file with --config PATH")
    except ValueError as error:  # a NUL in the path
        findings.error(start, f"cannot be read: {error}", "name another file with --config PATH")
    return None


def _place_of(name: str, text: str, offset: int) -> Place:
    lines = _LINE_END.split(text[:offset])
    return Place(name, len(lines), len(lines[-1]) + 1)


def _is_sound(root: yaml.Node, document: Document, findings: Findings) -> bool:
    """Check what YAML permits and a configuration should not hold: repeated keys, tags, endless aliases."""
    budget = _MAX_ALIASED_NODES + sum(map(len, document.lines)) + len(document.lines)
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        budget -= 1
        if depth > _MAX_DEPTH:
            message = f"this is nested deeper than {_MAX_DEPTH} levels"
            findings.error(document.place(node.start_mark), message, "write it out without `*aliases`")
            return False
        if budget < 0:
            message = f"the `*aliases` of this file stand for more than {_MAX_ALIASED_NODES} values"
            findings.error(document.place(root.start_mark), message, "write them out")
            return False
        _check_tag(node, document, findings)
        if isinstance(node, yaml.ScalarNode) and (bad := _UNPRINTABLE.search(node.value)):
            message = f"the character U+{ord(bad[0]):04X} may not stand in a value"
            findings.error(document.place(node.start_mark), message, "take its escape out")
        if isinstance(node, yaml.MappingNode):
            _check_keys(node, document, findings)
        stack.extend((child, depth + 1) for child in _children(node))
    return True


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _check_tag(node: yaml.Node, document: Document, findings: Findings) -> None:
    if node.tag not in _KNOWN_TAGS:
        tag = node.tag.replace(_TAG_PREFIX, "!!")
        findings.error(
            document.place(node.start_mark),
            f"the YAML tag `{tag}` is not understood",
            "remove it; if the text begins with `!`, quote it or write it below `|`",
        )


def _check_keys(node: yaml.MappingNode, document: Document, findings: Findings) -> None:
    first: dict[str, Place] = {}
    for key, _ in node.value:
        place = document.place(key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            findings.error(place, "a key must be a plain word", "write `key: value`")
        elif key.value in first:
            line = first[key.value].line
            findings.error(place, f"`{key.value}` stands twice here, first on line {line}", "merge the two")
        else:
            first[key.value] = place


_NEAR = 50  # lines above an error that are searched for its cause …
_WRITTEN_BY_HAND = 500  # … if they have no more characters: the search takes time with the square of them


def _note_syntax_error(error: yaml.YAMLError, name: str, lines: tuple[str, ...], findings: Findings) -> None:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        findings.error(Place(name, 1, 1), f"this is not YAML: {error}")
        return
    mark, start = error.problem_mark, error.context_mark or error.problem_mark
    if "flow" in (error.context or ""):
        last = min(mark.line, len(lines) - 1)
        for number in range(last, max(last - _NEAR, -1), -1):
            if len(lines[number]) > _WRITTEN_BY_HAND:
                continue
            lost = LOST_IN_LIST.match(lines[number])
            lost = lost if lost and lost[0].strip() != lost[1] else LOST_IN_MAPPING.match(lines[number])
            if lost:
                findings.error(Place(name, number + 1, lost.start(1) + 1), *comment_trap(lost[1]))
                return
    line = lines[mark.line] if mark.line < len(lines) else ""
    trouble = _explain(error, line[mark.column : mark.column + 1])
    where = start if trouble.at_start else mark
    findings.error(Place(name, where.line + 1, where.column + 1), f"this is not YAML: {trouble.message}", trouble.hint)


# An unquoted ``#word`` where an entry of a ``[…]`` list should be; a comment proper has a blank after its sign.
LOST_IN_LIST = re.compile(r"""(?:(?:[^#"']|"[^"]*"|'[^']*')*[\[,])?[ \t]*(#[^\s,\]"'#]+)""")


# An unquoted ``#word`` where a value of a ``{…}`` mapping should be.
LOST_IN_MAPPING = re.compile(r"""(?:[^#"']|"[^"]*"|'[^']*')*\{(?:[^#"'}]|"[^"]*"|'[^']*')*:[ \t]+(#[^\s,}\]"'#]+)""")


def comment_trap(lost: str) -> tuple[str, str]:
    """Return message and hint for an unquoted ``#channel``."""
    return f"`{lost}` is a comment to YAML, so nothing is left of it", f'quote it: "{lost}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trouble:
    """How libyaml puts a mistake, and what a user should hear instead."""

    theirs: str  # found in libyaml's words
    message: str
    hint: str
    at_start: bool = False  # the place to mend is where the structure began


_QUERY_HINT = "put the text on a line of its own below `when: |`, or quote all of it"
_TROUBLES = (
    _Trouble(theirs="tab character", message="a tab stands where only blanks may", hint="indent with blanks"),
    _Trouble(theirs="cannot start any token", message="a value cannot begin with this character", hint=_QUERY_HINT),
    _Trouble(
        theirs="alias",
        message="YAML takes a `*` at the beginning for a reference of its own",
        hint="quote the text",
    ),
    _Trouble(
        theirs="mapping values are not allowed",
        message="a `:` stands where no value can begin",
        hint="quote a text that holds `: `, or put it below `|`; or indent the line like its neighbours",
    ),
    _Trouble(
        theirs="quoted scalar",
        message="the quote that opens here is never closed, or holds a `\\` that means nothing",
        hint="close it; between single quotes `\\` is plain",
        at_start=True,
    ),
    _Trouble(
        theirs="flow sequence",
        message="the `[` that opens here is not closed by `]`, or a `,` is missing",
        hint="close it; quote entries that hold brackets, commas or quotes",
        at_start=True,
    ),
    _Trouble(
        theirs="flow mapping",
        message="the `{` that opens here is not closed by `}`, or a `,` is missing",
        hint="close it; quote a text that begins with `{`",
        at_start=True,
    ),
    _Trouble(
        theirs="did not find expected key",
        message="this does not fit the lines above",
        hint=f"check the indent; where a text begins with a quote, {_QUERY_HINT}",
    ),
    _Trouble(theirs="single document", message="a second document begins here", hint="remove the line `---`"),
)


def _explain(error: yaml.MarkedYAMLError, character: str) -> _Trouble:
    theirs = f"{error.context or ''} {error.problem or ''}".strip()
    if character == "\t":
        return _TROUBLES[0]
    plain = _Trouble(theirs=theirs, message=theirs, hint="quote the text, or put it below `|`")
    return next((trouble for trouble in _TROUBLES if trouble.theirs in theirs), plain)
