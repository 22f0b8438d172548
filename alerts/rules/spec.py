"""What the user wrote about entities, lists, queries and rules, each text with its place in the file."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from alerts.errors import Level, Place, Problem
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

_EXCERPT_BEFORE, _EXCERPT_AFTER = 60, 40  # characters of a long line shown around a problem


@dataclass(frozen=True, slots=True)
class Text:
    """A text from a file that can say where each of its characters stands.

    ``anchors`` are pairs (offset in value, place), ascending, the first at offset 0; a character
    between two anchors lies on the earlier one's line.
    """

    value: str
    anchors: tuple[tuple[int, Place], ...]

    def at(self, offset: int = 0) -> Place:
        """Return the place of the character at ``offset``."""
        start, place = next(pair for pair in reversed(self.anchors) if pair[0] <= offset)
        return Place(place.file, place.line, place.column + offset - start)

    def problem(self, offset: int, message: str, hint: str | None = None, level: Level = Level.ERROR) -> Problem:
        """Report a problem with the character at ``offset``, and show its line with a caret below it."""
        return Problem(self.at(offset), message, hint, level, self._excerpt(offset))

    def _excerpt(self, offset: int) -> str:
        start = max(self.value.rfind("\n", 0, offset) + 1, offset - _EXCERPT_BEFORE)
        line = self.value[start : offset + _EXCERPT_AFTER].partition("\n")[0]
        line = "".join(char if char.isprintable() else " " for char in line)
        before = line[: offset - start]
        columns = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in before)
        return f"{line.rstrip()}\n{' ' * columns}^"


# Where `needs:` of an alias must hold: the whole story, the hit's paragraph or sentence, or so many words around it.
Within = Literal["story", "paragraph", "sentence"] | int


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCase:
    """A story, as far as a test of a rule tells it, and what is expected of the match."""

    __test__ = False  # for pytest: this is no test class

    title: str = ""
    body: str = ""  # a test that is a plain text is a body
    source: str | None = None  # a host or a source's id
    lang: str | None = None
    severity: Severity | None = None  # None: any
    highlights: tuple[str, ...] | None = None  # exactly these words, in reading order; None: any
    at: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsSpec:
    """Stories that a rule or an entity must find, and stories that it must not."""

    __test__ = False

    match: tuple[TestCase, ...] = ()
    ignore: tuple[TestCase, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasSpec:
    """One name of an entity, or one term of a list."""

    text: Text
    case: Literal["any", "exact"] = "any"  # exact: accents and punctuation too
    forms: Literal["plural", "exact", "stem"] = "plural"  # stem: by Snowball, in the alias's language
    needs: Text | None = None  # a query that must hold nearby, or the hit does not count
    within: Within = "story"
    boundary: Literal["auto", "word", "none"] = "auto"
    lang_only: bool = False  # counts only in stories of the alias's language


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitySpec:
    """A thing in the world and its names in every language."""

    id: Text
    label: str
    aliases: Mapping[str, tuple[AliasSpec, ...]]  # by language; "" for aliases given as a plain list
    except_: tuple[Text, ...] = ()  # a hit inside one of these does not count
    type: str | None = None
    note: str | None = None
    pack: str | None = None  # the pack that it comes from; None: the user's own
    tests: TestsSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSpec:
    """Plain terms under one name."""

    id: Text
    terms: tuple[AliasSpec, ...]
    pack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySpec:
    """A piece of a query under a name."""

    id: Text
    when: Text
    pack: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlySpec:
    """Gates that a story must pass, whatever it says; an empty one lets every story pass."""

    languages: tuple[str, ...] = ()  # BCP 47; "zh" includes "zh-hant"
    sources: tuple[str, ...] = ()  # ids, or hosts with their sub-domains
    min_words: int | None = None  # of the text, a Han or Hiragana character counting as one
    max_age: timedelta | None = None  # from published to seen; a story of unknown date passes
    tier: int | None = None  # of this tier or a better (lower) one
    countries: tuple[str, ...] = ()  # of the outlet, ISO 3166-1 alpha-2


OPEN = OnlySpec()  # gates that every story passes


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseSpec:
    """A query that raises a match to a higher severity."""

    to: Severity
    when: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in a span of time, written ``20/h``."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietSpec:
    """How a rule keeps quiet in each of its channels."""

    same_story: timedelta | None = None  # how long the same text is not told again after it was told
    at_most: Rate | None = None  # messages; what exceeds it is told in a summary


NO_QUIET = QuietSpec()  # every message is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeSpec:
    """So many times the usual number of stories within a time, against a longer past."""

    times: float
    within: timedelta
    against: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """What must hold of many stories together, beside ``when:``; evaluated over the store."""

    independent_sources: int | None = None
    count: Rate | None = None  # written {n: 5, within: 1h}
    spike: SpikeSpec | None = None
    first_seen: Literal["term", "source"] | None = None
    silence: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """A rule as written."""

    id: Text
    name: str
    when: Text
    only: OnlySpec = OPEN
    severity: Severity = Severity.NOTICE
    raise_: tuple[RaiseSpec, ...] = ()
    to: tuple[str, ...] = ()  # the rule's own channels; the config's default otherwise, already filled in
    quiet: QuietSpec = NO_QUIET
    tags: tuple[str, ...] = ()
    owner: str | None = None
    note: str | None = None
    enabled: bool = True
    shadow: bool = False  # judged and counted, never sent
    stream: StreamSpec | None = None
    tests: TestsSpec = TestsSpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class Specs:
    """Everything that rules are compiled from, each kind in the order of the file."""

    entities: tuple[EntitySpec, ...] = ()
    lists: tuple[ListSpec, ...] = ()
    queries: tuple[QuerySpec, ...] = ()
    rules: tuple[RuleSpec, ...] = ()
