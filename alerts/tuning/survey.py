"""Reads stories one after the other for what a rule nearly found, what its names are called too, and what rises."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from alerts.rules.denials import as_written, is_denial
from alerts.rules.evaluate import Nearby, Shared
from alerts.rules.facts import closed_gates
from alerts.rules.misses import reason_of_miss
from alerts.rules.printing import print_query
from alerts.story import Field
from alerts.tuning.clauses import LONGEST, parts_of
from alerts.tuning.contrast import contrast_counts, without_parts
from alerts.tuning.names import folded_name, is_headline, names_in
from alerts.tuning.spellings import Spellings, beside
from alerts.tuning.wording import COMMON, MOST_TEXT, terms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from alerts.rules.parts import Part
    from alerts.rules.proximity import Hit
    from alerts.rules.ruleset import Rule, RuleSet
    from alerts.rules.scan import Scan
    from alerts.story import Story
    from alerts.tuning.contrast import Contrast

EXAMPLES = 3  # stories that are named for one clause or spelling: the newest
MOST_LOOKED = 5_000  # stories searched for spellings, the newest
MOST_SECONDS = 20.0  # that the search for spellings may take
MOST_COUNTED = 2_000  # matches of which the terms are counted, of each stretch
MOST_SHOWN = 20  # spellings, and terms that rise
_BYLINES = frozenset({"reuters", "ap", "afp", "kyodo", "xinhua", "dpa", "upi", "pti", "jiji"})  # "TOKYO (Reuters)"
SURE = 1.64  # standard deviations by which a term must have risen: 19 in 20 that do so did not by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A story, as far as a list names it."""

    story: int
    title: str
    url: str | None
    outlet: str  # its name
    language: str | None
    says: str = ""  # how near it came

    @classmethod
    def of(cls, story: Story, says: str = "") -> Example:
        """Return what names a story."""
        outlet = story.outlet.name
        return cls(story=story.id, title=story.title, url=story.url, outlet=outlet, language=story.language, says=says)


@dataclass(slots=True, kw_only=True)
class Near:
    """Stories that lack one clause."""

    clause: str
    stories: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Spelling:
    """What a name may be called too."""

    text: str
    of: str  # the name that is known
    kind: str  # "in brackets" or "spelled alike"
    stories: int = 0
    examples: list[Example] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a survey brought."""

    read: int  # stories
    matches: int
    near: tuple[Near, ...]  # what most stories lacked first
    spellings: tuple[Spelling, ...]  # the most frequent first
    rising: tuple[Contrast, ...]  # ``here`` of ``recent`` matches, ``there`` of ``before``
    recent: int
    before: int
    looked: int  # stories searched for spellings
    is_hurried: bool = False  # there was no time to search more of them


class Survey:
    """Collects, story by story, newest first; what it keeps is bounded whatever it reads."""

    def __init__(
        self,
        rules: RuleSet,
        rule: Rule,
        names: Collection[str],
        since: datetime,
        elapsed: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """``names`` are what the rule looks for, as far as known; what was seen ``since`` then counts as recent.

        ``elapsed`` tells the seconds that have gone, by which the search for spellings ends; by default it never does.
        """
        self._rules = rules
        self._rule = rule
        self._since = since
        self._names = Spellings(filter(None, map(folded_name, names)))
        self._elapsed = elapsed
        self._spent = 0.0  # seconds of searching for spellings
        self._is_hurried = False
        self._read = self._matches = self._looked = 0
        self._any: Story | None = None  # in whose place a name is asked about
        self._near: dict[str, Near] = {}
        self._spellings: dict[tuple[str, str], Spelling] = {}
        self._recent, self._before = Counter[str](), Counter[str]()
        self._counted = [0, 0]  # recent matches, and those before
        self.languages = Counter[str | None]()  # of the matches

    def add(self, story: Story) -> bool:
        """Take a story in, and say whether the rule holds for it."""
        self._read += 1
        self._any = self._any or replace(story, text="")
        scan = self._rules.scan(story)
        held, missing = self._asked(scan)
        if not held:
            return False
        gates = list(closed_gates(self._rule.only, story, scan.words))
        if not missing and not gates:
            self._match(story)
        elif len(missing) + len(gates) == 1:
            self._miss(story, *(missing or [(f"only: {gates[0].partition(':')[0]}", gates[0])])[0])
        else:
            return False
        if self._spent >= MOST_SECONDS:
            self._is_hurried = True
        elif self._looked < MOST_LOOKED:
            begun = self._elapsed()
            self._looked += 1
            self._spell(story, scan, held)
            self._spent += self._elapsed() - begun
        return not missing and not gates

    def findings(self) -> Findings:
        """Return what was found so far."""
        recent, before = self._counted
        risen = contrast_counts(self._recent, recent, self._before, before) if recent and before else []
        clear = [one for one in risen if one.z >= SURE and one.here > 1]
        spellings = sorted(self._spellings.values(), key=lambda one: (-one.stories, one.text))
        return Findings(
            read=self._read,
            matches=self._matches,
            near=tuple(sorted(self._near.values(), key=lambda one: (-one.stories, one.clause))),
            spellings=tuple(one for one in spellings if not self._is_known(one))[:MOST_SHOWN],
            rising=tuple(without_parts(clear, MOST_SHOWN)),
            recent=recent,
            before=before,
            looked=self._looked,
            is_hurried=self._is_hurried,
        )

    # ------------------------------------------------------------ what is asked of a story

    def _asked(self, scan: Scan) -> tuple[list[Hit], list[tuple[str, str]]]:
        """Return the hits of the clauses that hold, and the clauses that do not, each with a reason.

        A denial that holds is no reason to look at a story: it holds for nearly all.
        """
        held: list[Hit] = []
        missing: list[tuple[str, str]] = []
        for part in self._pieces(scan):
            hits = part.hits(scan)
            if hits is None:
                missing.append((_named(part), reason_of_miss(part, scan, None) or ""))
                if len(missing) > 1:
                    return [], missing
            elif not is_denial(part.source):
                held += hits
        return held, missing

    def _pieces(self, scan: Scan) -> Iterator[Part]:
        """Yield the clauses; of two that must stand together each by itself, and the pair where both are there."""
        for part in parts_of(self._rule):
            if isinstance(part, Nearby | Shared) and not part.negated:
                if part.hits(scan) is None:
                    yield from part.parts
                if any(side.hits(scan) is None for side in part.parts):
                    continue
            yield part

    # ------------------------------------------------------------ what is kept

    def _match(self, story: Story) -> None:
        self._matches += 1
        self.languages[story.language] += 1
        is_recent = story.seen >= self._since
        if self._counted[not is_recent] >= MOST_COUNTED:
            return
        self._counted[not is_recent] += 1
        (self._recent if is_recent else self._before).update(_subjects(story, self._names))

    def _miss(self, story: Story, clause: str, reason: str) -> None:
        one = self._near.setdefault(clause, Near(clause=clause))
        one.stories += 1
        if len(one.examples) < EXAMPLES:
            one.examples.append(Example.of(story, reason))

    def _spell(self, story: Story, scan: Scan, held: Sequence[Hit]) -> None:
        spans = scan.spans(held)
        words = {folded_name(span.of(story)): span.of(story) for span in spans}
        self._names.add(filter(None, words))
        found: dict[str, tuple[str, str]] = {}
        for where, text in ((Field.TITLE, story.title), (Field.TEXT, story.text)):
            for span in (span for span in spans if span.field is where):
                for name in beside(text, [(span.start, span.end)]):
                    if folded_name(name) not in {*_BYLINES, folded_name(story.outlet.name)}:
                        found.setdefault(folded_name(name), (name, span.of(story)))
        for text, of in found.values():
            self._note(text, of, "in brackets", story)
        tokens = folded_name(f"{story.title}\n\n{story.text[:MOST_TEXT]}").split()
        for known, there in set(self._names.variants(tokens)):
            if there not in found:
                self._note(there, known, "spelled alike", story)

    def _note(self, text: str, of: str, kind: str, story: Story) -> None:
        key = folded_name(text), kind
        one = self._spellings.get(key)
        if one is None:
            if len(self._spellings) >= MOST_LOOKED:
                return
            one = self._spellings[key] = Spelling(text=text, of=of, kind=kind)
        one.stories += 1
        if len(one.examples) < EXAMPLES:
            one.examples.append(Example.of(story))

    def _is_known(self, one: Spelling) -> bool:
        """Say whether the rule finds it already, in a name of its own or in a longer one."""
        if folded_name(one.text) in self._names:
            return True
        if self._any is None:
            return False
        scan = self._rules.scan(replace(self._any, title=one.text, text=""))
        return any(part.hits(scan) for part in parts_of(self._rule) if not is_denial(part.source))


def _subjects(story: Story, known: Iterable[str]) -> set[str]:
    """Return what a story may be about: names, and pairs of words; not what consists of known words."""
    text = story.text[:MOST_TEXT] if is_headline(story.title) else f"{story.title}\n\n{story.text[:MOST_TEXT]}"
    words = {part for name in known for part in name.split(" ")} | COMMON
    names = {folded_name(name) for name in names_in(text)}
    return {term for term in {*names, *terms_of(story)} if term and not words.issuperset(term.split(" "))}


def _named(part: Part) -> str:
    return print_query(as_written(part.source))[:LONGEST]
