"""What stands at an address now, and what today's rules say to it: beside the chain of what is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from alerts.rules.explain import explain_all
from crawler.why.chain import Mark, Step
from crawler.why.findings import trial
from crawler.why.ranks import Rank
from spiders.clean import length_of
from spiders.reasons import meaning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.errors import FetchError
    from alerts.judge import Judge
    from alerts.rules.ruleset import RuleSet
    from alerts.story import Story
    from crawler.why.chain import Chain
    from crawler.why.findings import Finding
    from spiders.article import Article

_NEAREST = 3
_CUTS = 12  # things left out that are listed


class Looked(Protocol):
    """An article's page that was fetched; declared here, answered by the command."""

    @property
    def url(self) -> str:
        """Where it was in the end."""

    @property
    def article(self) -> Article:
        """What was read there."""


def failed_trial(chain: Chain, failure: FetchError) -> Chain:
    """Return a chain that ends with why an address could not be read now."""
    says = f"{failure.reason}: {meaning(failure.reason)}"
    more = (failure.detail,) if failure.detail else ()
    step = Step(name="tried now", mark=Mark.ENDED, reason=failure.reason, says=says, more=more)
    return _beside(chain, f"tried now: it cannot be read, {failure.reason}", [step])


def tried(
    chain: Chain, stories: Sequence[Story], looked: Looked | None, *, judge: Judge, rules: RuleSet, only: str | None
) -> Chain:
    """Return a chain with what an address holds now and what rules say to that."""
    if looked is None:
        says = f"no article: a feed or a page of links with {len(stories)} stories; `tocsin try` judges them"
        step = Step(name="tried now", mark=Mark.PASSED, reason="listing", says=says)
        return _beside(chain, f"tried now: {says.partition(';')[0]}", [step])
    story, article = stories[0], looked.article
    words = length_of(article.text)
    says = f"read: {words:,} words by {article.method}, language {story.language or 'unknown'}"
    more = [looked.url, *article.notes]
    more += [f"left out ({one.why}): {one.words}" for one in article.cuts[:_CUTS]]
    more += [f"… and {len(article.cuts) - _CUTS} more left out"] * (len(article.cuts) > _CUTS)
    page = Step(name="tried now", mark=Mark.PASSED, reason="read", says=says, more=tuple(more))
    found = _findings(story, judge, rules, only)
    holding = [one for one in found if one.rank is Rank.TOLD]
    near = [one for one in found if one.rank is not Rank.TOLD and (only or one.rank is not Rank.NOTHING)]
    steps = [page, *(one.step for one in (*holding, *near[:_NEAREST]))]
    named = ", ".join(one.rule for one in holding)
    nearest = near[0].verdict.removeprefix("Not told: ") if near else "no rule found anything in it"
    now = f"as it stands now, {named} would hold" if holding else f"as it stands now, {nearest}"
    return _beside(chain, now, steps)


def _findings(story: Story, judge: Judge, rules: RuleSet, only: str | None) -> list[Finding]:
    return sorted(_each(story, judge, rules, only), key=lambda one: one.rank)


def _each(story: Story, judge: Judge, rules: RuleSet, only: str | None) -> Iterator[Finding]:
    places = {one.match.rule: one for one in judge(story)}
    for rule, verdict in zip(rules.rules, explain_all(rules, story), strict=True):
        if only in {None, rule.id}:
            place = places.get(rule.id)
            words = dict.fromkeys(span.of(story) for span in place.match.spans) if place else ()
            yield trial(rule, verdict, tuple(words), place.channels if place else ())


def _beside(chain: Chain, now: str, steps: Sequence[Step]) -> Chain:
    verdict = f"{chain.verdict} {now[:1].upper()}{now[1:].rstrip('.')}."
    return replace(chain, verdict=verdict, steps=(*chain.steps, *steps))
