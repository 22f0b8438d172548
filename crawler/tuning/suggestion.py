"""What stored stories suggest for a rule: near misses, other names, stories in other languages, what rises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from alerts.rules.nodes import FACTS, Name, Not, Phrase, Scoped, children
from alerts.rules.query import read_query
from alerts.tuning.survey import Example, Survey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from alerts.rules.nodes import Node
    from alerts.rules.ruleset import Rule
    from alerts.rules.spec import Specs
    from alerts.tuning.survey import Findings
    from crawler.config.model import Config
    from crawler.store import Store

MOST = 200_000  # stories that are read, the newest
AT_ONCE = 500  # stories at a time
RECENT = timedelta(days=7)  # what rises is compared with what was before
_OF_EVENTS = 2_000  # matches whose events are looked at, the newest
_TOLD_ELSEWHERE = 15  # stories in other languages that are named
_DEEPEST = 8  # saved queries within one another


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """All that is suggested for a rule, and what it is made of."""

    rule: str
    findings: Findings
    elsewhere: tuple[Example, ...]  # copies, and stories of the same events, in languages the rule finds little in
    stored: int  # stories in the time that was asked for; fewer are read when there are more than MOST

    @property
    def capped(self) -> bool:
        """Whether there are more stories than were read."""
        return self.stored > self.findings.read


async def suggest(
    config: Config,
    store: Store,
    rule: Rule,
    *,
    names: Sequence[str],
    since: datetime,
    now: datetime,
    progress: Callable[[int, int], None],
    most: int = MOST,
    elapsed: Callable[[], float] = monotonic,
) -> Suggestion:
    """Read the stories seen since a moment, newest first; ``progress`` hears how many of how many were read.

    ``names`` are what the rule looks for, see ``names_of``. Raises StoreError.
    """
    stored = await store.tuning.count(since)
    survey = Survey(config.rules, rule, names, max(now - RECENT, since), elapsed)
    matches: list[int] = []
    before: int | None = None
    read = 0
    while read < most and (some := await store.kept(before, since, min(AT_ONCE, most - read))):
        matches += [story.id for story in some if survey.add(story)]
        read, before = read + len(some), some[-1].id
        progress(read, min(stored, most))
    elsewhere = await _elsewhere(config, store, rule, matches[:_OF_EVENTS], survey)
    return Suggestion(rule=rule.id, findings=survey.findings(), elsewhere=elsewhere, stored=max(stored, read))


async def _elsewhere(
    config: Config, store: Store, rule: Rule, matches: Sequence[int], survey: Survey
) -> tuple[Example, ...]:
    """Return stories about what the rule found, in languages other than most of its matches, that it did not find."""
    if not matches:
        return ()
    usual = survey.languages.most_common(1)[0][0]
    found = [
        story
        for story in await store.tuning.kindred(matches)
        if story.language not in {None, usual} and all(one.id != rule.id for one in config.rules.holding(story))
    ]
    return tuple(Example.of(story) for story in sorted(found, key=lambda one: -one.id)[:_TOLD_ELSEWHERE])


def names_of(rule: Rule, specs: Sequence[Specs]) -> tuple[str, ...]:
    """Return what a rule looks for: its phrases, and every alias of the names in it, through saved queries too."""
    named = {
        one.id.value: [a.text.value for some in one.aliases.values() for a in some]
        for of in specs
        for one in of.entities
    }
    named |= {one.id.value: [term.text.value for term in one.terms] for of in specs for one in of.lists}
    queries = {one.id.value: one.when for of in specs for one in of.queries}
    trees = {name: tree for name, when in queries.items() if (tree := read_query(when).tree)}
    return tuple(dict.fromkeys(_names(rule.query, named, trees, _DEEPEST)))


def _names(tree: Node, named: Mapping[str, Sequence[str]], trees: Mapping[str, Node], depth: int) -> Iterator[str]:
    match tree:
        case Scoped(field=field) if field in FACTS:
            return
        case Not():
            return
        case Phrase(text=text):
            yield text
        case Name(name=name) if name in named:
            yield from named[name]
        case Name(name=name) if name in trees and depth:
            yield from _names(trees[name], named, trees, depth - 1)
    for part in children(tree):
        yield from _names(part, named, trees, depth)
