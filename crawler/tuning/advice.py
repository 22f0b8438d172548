"""Proposals for a rule from the opinions that are kept, tried on what it found, each as an edit of its file."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import ConfigError
from alerts.tuning.advice import Advisor, Judged
from alerts.tuning.names import folded_name
from alerts.tuning.precision import NO_OPINIONS, Precision, precision_of
from alerts.tuning.wording import spelled
from crawler.config.edits import narrowed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.rules.ruleset import Rule
    from alerts.story import Story
    from alerts.tuning.advice import Proposal
    from crawler.config.edits import Edit
    from crawler.config.model import Config
    from crawler.store import Store
    from crawler.store.opinions import Opinion

MOST_OPINIONS = 5_000  # the newest: of each story the whole text is read
MOST_MATCHES = 20_000  # of the rule, the newest
AT_ONCE = 200  # stories
_STAND_IN = 400  # matches that nobody judged, where too few are called relevant


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """A clause of a rule with one of its words, and how right the rule is when it holds by that."""

    clause: str
    word: str
    precision: Precision


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A proposal as an edit, or what keeps it from being one."""

    proposal: Proposal
    edit: Edit | None
    hindrance: str | None = None  # with the clause to write by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """All that can be said of a rule."""

    rule: str
    precision: Precision
    blames: tuple[Blame, ...]  # what brought most that was not relevant first
    offers: tuple[Offer, ...]  # exclusions, then required context, the best first
    enough: bool  # False: too few opinions for proposals
    stand_in: bool  # matches that nobody judged stood in for relevant ones
    gone: int  # judged stories whose text is not kept any more
    matches: int  # that the rule found and still holds for, on which the proposals were tried
    outdated: int  # that it found and does not hold for any more
    capped: bool  # there are more matches than were tried


async def advise(
    config: Config,
    store: Store,
    rule: Rule,
    since: datetime,
    *,
    most: int = MOST_MATCHES,
    progress: Callable[[int, int], None] | None = None,
) -> Advice:
    """Return what opinions say of a rule; ``progress`` hears how many matches of how many were tried.

    Proposals are tried on up to ``most`` matches, the newest; evaluating is done on a thread, and holds nobody up.
    Raises StoreError.
    """
    opinions = await store.people.opinions(rule.id, MOST_OPINIONS)
    labels = labels_of(opinions)
    kept = await store.tuning.stories(sorted(labels))
    judged = [Judged(story=story, relevant=labels[story.id]) for story in kept]
    matches = await store.tuning.matched(rule.id, since, most)
    unjudged = await store.tuning.stories([one for one in matches if one not in labels][:_STAND_IN])
    advisor = await asyncio.to_thread(Advisor, config.rules, rule.id, judged, unjudged)
    for start in range(0, len(matches), AT_ONCE):
        some = await store.tuning.stories(matches[start : start + AT_ONCE])
        await asyncio.to_thread(_consider, advisor, some)
        if progress:
            progress(start + len(matches[start : start + AT_ONCE]), len(matches))
    return Advice(
        rule=rule.id,
        precision=(await store.people.precisions()).get(rule.id, NO_OPINIONS),
        blames=blames_of(opinions),
        offers=await asyncio.to_thread(_offers, rule, advisor),
        enough=advisor.enough,
        stand_in=advisor.stand_in,
        gone=len(labels) - len(judged),
        matches=advisor.counted,
        outdated=advisor.outdated,
        capped=len(matches) == most,
    )


def _consider(advisor: Advisor, stories: Sequence[Story]) -> None:
    for story in sorted(stories, key=lambda one: -one.id):
        advisor.consider(story)


def _offers(rule: Rule, advisor: Advisor) -> tuple[Offer, ...]:
    return tuple(_offer(rule, one) for one in advisor.proposals())


def _offer(rule: Rule, proposal: Proposal) -> Offer:
    try:
        return Offer(proposal=proposal, edit=narrowed(rule, proposal.clause))
    except ConfigError as error:
        return Offer(proposal=proposal, edit=None, hindrance=str(error))


def labels_of(opinions: Iterable[Opinion]) -> Mapping[int, bool]:
    """Return what most people called each story; those on which they are divided are absent."""
    said: dict[int, int] = defaultdict(int)
    for one in opinions:
        said[one.story] += 1 if one.relevant else -1
    return {story: balance > 0 for story, balance in said.items() if balance}


def blames_of(opinions: Sequence[Opinion]) -> tuple[Blame, ...]:
    """Return how right a rule is by each clause and word that held, what brought most that was wrong first.

    A word in all its spellings counts as one, and each story once.
    """
    votes: dict[tuple[str, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for one in opinions:
        for clause in one.held:
            for word in {spelled(folded_name(word)) for word in clause.words} or {""}:
                votes[clause.name, word][one.story][0 if one.relevant else 1] += 1
    made = [
        Blame(clause=clause, word=word, precision=precision_of((yes, no) for yes, no in by_story.values()))
        for (clause, word), by_story in votes.items()
    ]
    return tuple(
        sorted(made, key=lambda one: (-one.precision.not_relevant, one.precision.relevant, one.clause, one.word))
    )
