"""What a noisy rule could be asked as well: words that keep out what people called not relevant, and at what price."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.errors import Place
from alerts.rules.nodes import Phrase
from alerts.rules.printing import print_query
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import RuleSpec, Text
from alerts.tuning.contrast import contrast, without_parts
from alerts.tuning.names import folded_name
from alerts.tuning.wording import spelled, terms_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from alerts.rules.ruleset import RuleSet
    from alerts.story import Story
    from alerts.tuning.contrast import Contrast

FEWEST = 3  # stories called not relevant, below which nothing is proposed
TOO_FEW_RIGHT = 3  # relevant ones, below which those that nobody judged stand beside them
SURE = 1.0  # standard deviations by which a term must belong to one side
MOST_CANDIDATES = 40  # terms that are tried
MOST_PROPOSED = 3  # of each kind
MOST_CONTEXT = 6  # terms of one required context, and no more than a third of the relevant stories:
_STORIES_EACH = 3  # … a term for each story would fit any set
EXAMPLES = 5  # stories that a proposal names
_PRICE = 3  # stories called not relevant that make up for a relevant one which is lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A story that people judged, as most of them did."""

    story: Story
    relevant: bool


@dataclass(slots=True, kw_only=True)
class Toll:
    """What a clause more would have done to the stories that a rule found."""

    killed_relevant: int = 0
    killed_not_relevant: int = 0
    killed_unjudged: int = 0
    spared_relevant: int = 0
    spared_not_relevant: int = 0
    spared_unjudged: int = 0
    examples: list[Story] = field(default_factory=list)  # of those killed, the newest
    wrong: set[int] = field(default_factory=set)  # stories called not relevant that are killed

    @property
    def killed(self) -> int:
        """All that would not have been found."""
        return self.killed_relevant + self.killed_not_relevant + self.killed_unjudged

    @property
    def spared(self) -> int:
        """All that would have been found nevertheless."""
        return self.spared_relevant + self.spared_not_relevant + self.spared_unjudged

    @property
    def gain(self) -> int:
        """What it is worth: stories called not relevant that are gone, less what the relevant ones cost."""
        return self.killed_not_relevant - _PRICE * self.killed_relevant

    def count(self, story: Story, judged: bool | None, *, killed: bool) -> None:
        """Count one story; ``judged`` is whether people called it relevant, None for nobody did."""
        of = {True: "relevant", False: "not_relevant", None: "unjudged"}[judged]
        name = f"{'killed' if killed else 'spared'}_{of}"
        setattr(self, name, getattr(self, name) + 1)
        if killed and judged is False:
            self.wrong.add(story.id)
        if killed and len(self.examples) < EXAMPLES:
            self.examples.append(story)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A clause more for a rule's query, and what it would have done."""

    clause: str  # as it is written behind the query: NOT "fruit juice", AND (mine OR export)
    terms: tuple[str, ...]
    toll: Toll

    @property
    def excludes(self) -> bool:
        """Whether it says what must not be there; else it asks for one of its terms."""
        return self.clause.startswith("NOT ")


class Advisor:
    """Proposes clauses from what was judged, and counts over the rule's matches what each would have done."""

    def __init__(self, rules: RuleSet, rule: str, judged: Sequence[Judged], unjudged: Sequence[Story]) -> None:
        """``unjudged`` are some of the rule's matches: they stand for relevant ones where too few are judged."""
        self._rules = rules
        self._rule = rule
        self._labels = {one.story.id: one.relevant for one in judged}
        self.counted = 0  # matches that the rule as it is now holds for
        self.outdated = 0  # that it does not hold for any more
        known = _words_of(rules, rule, [one.story for one in judged])
        wrong = [terms_of(one.story, known) for one in judged if not one.relevant]
        right = [terms_of(one.story, known) for one in judged if one.relevant]
        self.stand_in = len(right) < TOO_FEW_RIGHT
        self.enough = len(wrong) >= FEWEST
        others = [*right, *(terms_of(story, known) for story in unjudged)] if self.stand_in else right
        clauses = {}
        if self.enough:
            clauses = {**_exclusions(wrong, others), **_contexts(_beside(known, right), _beside(known, wrong))}
        self._tolls = {clause: Toll() for clause in clauses}
        self._clauses = clauses
        self._tried = _compiled({clause: _any_of(terms) for clause, terms in clauses.items()})

    def consider(self, story: Story) -> None:
        """Count one of the rule's matches."""
        if all(rule.id != self._rule for rule in self._rules.holding(story)):
            self.outdated += 1
            return
        self.counted += 1
        there = {rule.id for rule in self._tried.holding(story)}
        for clause, toll in self._tolls.items():
            killed = (clause in there) == clause.startswith("NOT ")
            toll.count(story, self._labels.get(story.id), killed=killed)

    def proposals(self) -> tuple[Proposal, ...]:
        """Return the clauses that are worth it, the best first: exclusions, then required context."""
        made = [
            Proposal(clause=clause, terms=self._clauses[clause], toll=toll)
            for clause, toll in self._tolls.items()
            if toll.gain > 0 and toll.spared
        ]
        ranked = sorted(made, key=lambda one: (-one.toll.gain, one.toll.killed_unjudged, one.clause))
        few = [one for kind in (True, False) for one in _different(ranked, kind)[:MOST_PROPOSED]]
        return tuple(few)


def _different(ranked: Iterable[Proposal], excludes: bool) -> list[Proposal]:
    """Return those of one kind that keep out something which those before them let pass."""
    gone: set[int] = set()
    found: list[Proposal] = []
    for one in ranked:
        if one.excludes is excludes and not one.toll.wrong <= gone:
            gone |= one.toll.wrong
            found.append(one)
    return found


def _beside(known: Iterable[str], stories: Iterable[Collection[str]]) -> list[Collection[str]]:
    """Return the terms of stories that hold no word of the rule: what stands beside it need not stand next to it."""
    words = {part for one in known for part in folded_name(one).split()}
    return [[term for term in terms if words.isdisjoint(term.split(" "))] for terms in stories]


def _exclusions(wrong: Sequence[Collection[str]], right: Sequence[Collection[str]]) -> Mapping[str, tuple[str, ...]]:
    """Return a clause for each term that the wrong stories have oftener."""
    found = [one for one in contrast(wrong, right) if one.z >= SURE and one.here > 1]
    return {f"NOT {_written(one.term)}": (one.term,) for one in without_parts(found, MOST_CANDIDATES)}


def _contexts(right: Sequence[Collection[str]], wrong: Sequence[Collection[str]]) -> Mapping[str, tuple[str, ...]]:
    """Return clauses that ask for one of some terms, which together stand in every relevant story."""
    if len(right) < TOO_FEW_RIGHT:
        return {}
    found = [one for one in contrast(right, wrong) if one.z >= SURE and one.here > 1]
    candidates = list(without_parts(found, MOST_CANDIDATES))
    made: dict[str, tuple[str, ...]] = {}
    for number in range(min(MOST_PROPOSED, len(candidates))):
        terms = _cover(candidates[number:], right)
        if terms:
            written = [_written(term) for term in terms]
            made[f"AND {written[0]}" if len(terms) == 1 else f"AND ({' OR '.join(written)})"] = terms
    return made


def _cover(candidates: Sequence[Contrast], stories: Sequence[Collection[str]]) -> tuple[str, ...]:
    """Return few terms of which each story has one, the first candidate among them; none when there are no such."""
    left = [story for story in stories if candidates[0].term not in story]
    chosen = [candidates[0].term]
    most = min(MOST_CONTEXT, len(stories) // _STORIES_EACH)
    while left and len(chosen) < most:
        best = max(candidates, key=lambda one: (sum(one.term in story for story in left), one.z))
        remaining = [story for story in left if best.term not in story]
        if len(remaining) == len(left):
            return ()
        chosen.append(best.term)
        left = remaining
    return () if left else tuple(chosen)


def _written(term: str) -> str:
    return print_query(Phrase(text=spelled(term)))


def _any_of(terms: Sequence[str]) -> str:
    return " OR ".join(map(_written, terms))


def _compiled(queries: Mapping[str, str]) -> RuleSet:
    """Return a rule for each query, named as it is called: the live evaluator says which stories have the terms."""
    place = ((0, Place("", 1, 1)),)
    specs = [RuleSpec(id=Text(name, place), name=name, when=Text(query, place)) for name, query in queries.items()]
    rules, _ = compile_rules([], specs)
    return rules


def _words_of(rules: RuleSet, rule: str, stories: Iterable[Story]) -> frozenset[str]:
    """Return the words by which a rule holds for stories."""
    matches = ((story, one) for story in stories for one in rules.match(story) if one.rule == rule)
    return frozenset(span.of(story) for story, one in matches for span in one.spans)
