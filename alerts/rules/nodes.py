"""The tree of a query: what each part of ``when:`` means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from operator import is_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Scope(StrEnum):
    """A field of the story, by its name in queries."""

    TITLE = "title"
    LEAD = "lead"  # the first paragraph, at most 60 words
    HLEAD = "hlead"  # title and lead
    BODY = "body"
    AUTHOR = "author"
    TAG = "tag"
    SECTION = "section"
    URL = "url"
    SOURCE = "source"  # an id, or a host with its sub-domains
    LANG = "lang"
    COUNTRY = "country"
    TIER = "tier"  # this one or a better (lower) one


CONTENT = frozenset({Scope.TITLE, Scope.LEAD, Scope.HLEAD, Scope.BODY})  # what an editor wrote; has highlights
LABELS = frozenset({Scope.AUTHOR, Scope.TAG, Scope.SECTION, Scope.URL})  # searched like texts
FACTS = frozenset({Scope.SOURCE, Scope.LANG, Scope.COUNTRY, Scope.TIER})  # compared, not searched


_QUOTED = re.compile('"([^"]*)"')


class Passage(StrEnum):
    """A piece of a text that two terms may have to share, by its operator."""

    SENTENCE = "SENT"
    PARAGRAPH = "PARA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words that must stand side by side; ``*`` is any ending and ``?`` one letter, unless ``exact``."""

    text: str
    exact: bool = False  # with its case, accents and punctuation
    offset: int = field(default=0, compare=False)  # where in the query


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """A regular expression (RE2) for the story as written."""

    pattern: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """``$name``: any name of an entity, any term of a list, or a saved query."""

    name: str
    offset: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoped:
    """A part that must hold within one field of the story."""

    field: Scope
    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class And:
    """Every part must hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Or:
    """At least one part must hold."""

    parts: tuple[Node, ...]
    commas: bool = False  # written as a list, which means the same

    def __eq__(self, other: object) -> bool:
        """Compare the parts, however they are kept and were joined."""
        return isinstance(other, Or) and self.parts == other.parts

    def __hash__(self) -> int:
        """Hash the parts."""
        return hash(self.parts)


class Listed(Or):
    """A list of phrases in quotation marks, kept as it is written: of a large rule set most phrases stand in one."""

    __slots__ = ("offset", "written")

    written: str  # within its parentheses; between the quotation marks stand letters, and no two blanks
    offset: int  # where in the query that begins
    commas = True

    def __init__(self, written: str, offset: int) -> None:
        object.__setattr__(self, "written", written)
        object.__setattr__(self, "offset", offset)

    @property
    def texts(self) -> list[str]:
        """The phrases."""
        return self.written.split('"')[1::2]

    @property
    def parts(self) -> tuple[Phrase, ...]:
        """The same as nodes, made anew each time."""
        quoted = _QUOTED.finditer(self.written)
        return tuple(Phrase(text=found[1], offset=self.offset + found.start()) for found in quoted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The part must not hold."""

    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A mention of ``left`` and one of ``right`` at most ``distance`` words apart, counted from edge to edge.

    Neighbours are 1 apart. ``negated``: a mention of ``left`` with none of ``right`` so near.
    """

    left: Node
    right: Node
    distance: int
    ordered: bool = False  # left must come first
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """A mention of ``left`` in one passage with one of ``right``; ``negated``: in a passage with none."""

    left: Node
    right: Node
    passage: Passage
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeast:
    """So many mentions, those in repeated paragraphs counted once."""

    count: int
    part: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """So many different members of an OR group or a list."""

    count: int
    part: Node


Term = Phrase | Regex | Name
Node = Term | Scoped | And | Or | Not | Near | Together | AtLeast | Distinct


def children(tree: Node) -> tuple[Node, ...]:
    """Return the parts of a node, from left to right."""
    match tree:
        case Phrase() | Regex() | Name():
            return ()
        case And(parts=parts) | Or(parts=parts):
            return parts
        case Near(left=left, right=right) | Together(left=left, right=right):
            return left, right
        case _:
            return (tree.part,)


def terms_of(tree: Node) -> Iterator[Term]:
    """Yield every phrase, regular expression and name of a tree, from left to right."""
    if isinstance(tree, Phrase | Regex | Name):
        yield tree
    for part in children(tree):
        yield from terms_of(part)


def has_places(tree: Node) -> bool:
    """Say whether a part stands at places of a text, so that NEAR, SENT and ATLEAST can ask where; names do."""
    match tree:
        case Phrase() | Listed() | Regex() | Name() | Near() | Together():
            return True
        case Or(parts=parts):
            return all(map(has_places, parts))
        case _:
            return False


def negations_inward(tree: Node) -> Node:
    """Return an equal tree in which NOT stands only before what is no AND, OR, NOT or field."""
    match tree:
        case Phrase() | Name() | Listed():  # most parts
            return tree
        case Scoped(field=scope, part=part):
            return Scoped(field=scope, part=negations_inward(part))
        case And(parts=parts) | Or(parts=parts):
            inward = tuple(map(negations_inward, parts))
            same = all(map(is_, inward, parts))  # large rule sets hold most trees once
            return tree if same else type(tree)(parts=inward)
        case Not(part=part):
            return _denied(part)
        case _:
            return tree


def _denied(tree: Node) -> Node:
    """Return the negation of a tree, with its NOTs as far inside."""
    match tree:
        case Scoped(field=scope, part=part):
            return Scoped(field=scope, part=_denied(part))
        case And(parts=parts):
            return Or(parts=tuple(map(_denied, parts)))
        case Or(parts=parts):
            return And(parts=tuple(map(_denied, parts)))
        case Not(part=part):
            return negations_inward(part)
        case _:
            return Not(part=tree)
