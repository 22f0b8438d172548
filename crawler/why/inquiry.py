"""Asks a store about a story, an address or a message, and makes the chain of what it answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.rules.explain import explain, explain_all
from crawler.intake.sift import address_key, identity_key
from crawler.intake.wanted import unwanted
from crawler.store.place import file_of
from crawler.store.trails import Trails, Wanted
from crawler.upkeep.disk import pause
from crawler.why.absent import Absence, chain_of_absent
from crawler.why.bulletin import chain_of_message
from crawler.why.chain import Chain, Clock, Mark, Step
from crawler.why.story import Judged, chain_of
from spiders.urls import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.judge import Judge
    from crawler.config.model import Config
    from crawler.store.nearby import Near
    from crawler.store.trails import Bulletins, Trail
    from crawler.why.absent import Robots
    from crawler.why.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a store has of what was asked; nothing of all this: it is no message of ours, or no story of that id."""

    trails: Sequence[Trail] = ()  # more than one where sources share an address
    absence: Absence | None = None
    bulletin: Bulletins | None = None


def facts_about(config: Config, subject: Subject, now: datetime) -> Facts:
    """Return what the store of a configuration has of a subject, read in one transaction; raises StoreError."""
    trails = Trails.open(config.store)
    try:
        found = trails.look(_wanted(subject), config.judge.streams, now)
    finally:
        trails.close()
    absence = _absence(config, subject.url, found.near) if subject.url and not found.trails else None
    return Facts(trails=found.trails, absence=absence, bulletin=found.bulletin)


def _wanted(subject: Subject) -> Wanted:
    url = subject.url
    if url is None:
        return Wanted(story=subject.story, message=subject.message)
    spellings = {url, url.partition("#")[0], canonical(url) or url}
    return Wanted(
        url=url,
        spellings=tuple(sorted(spellings)),
        key=address_key(url),
        identities=lambda source: [identity_key(source, one) for one in spellings],
    )


def _absence(config: Config, url: str, near: Sequence[Near]) -> Absence:
    host = urlsplit(url).netloc.rpartition("@")[2].lower()
    known = {one.dossier.account.id for one in near}
    return Absence(
        url=url,
        host=host.removeprefix("www."),
        names_a_story=address_key(url) is not None,
        near=near,
        configured=[one.id for one in config.sources if one.host == host and one.id not in known],
        paused=pause(file_of(config.store), config.care.disk),
    )


# ---------------------------------------------------------------- what follows


def chain_about(facts: Facts, config: Config, clock: Clock, *, only: str | None = None, every: bool = False) -> Chain:
    """Return the chain of what a store has: ``only`` as far as one rule goes, or with ``every`` clause of all."""
    if facts.trails:
        judged = [_judged(trail, config, config.judge, only, every=every) for trail in facts.trails]
        return _of_trails(facts.trails, judged, clock)
    if facts.absence:
        return chain_of_absent(facts.absence, clock)
    if facts.bulletin:
        return chain_of_message(facts.bulletin, clock)
    says = "no message of this store stands there: it is another's, or it was sent from another store"
    step = Step(name="message", mark=Mark.ENDED, reason="not-ours", says=says)
    return Chain(verdict=f"Not Tocsin's: {says}.", told=False, ended="message", reason="not-ours", steps=(step,))


def with_robots(facts: Facts, robots: Robots | None) -> Facts:
    """Return facts with what a host's rules say of an address that was never seen."""
    return replace(facts, absence=replace(facts.absence, robots=robots)) if facts.absence else facts


def _of_trails(trails: Sequence[Trail], judged: Sequence[Judged], clock: Clock) -> Chain:
    """Return the chain of the story that got furthest, and name the others at the same address."""
    chains = [chain_of(trail, rules, clock) for trail, rules in zip(trails, judged, strict=True)]
    _, best = min(chains, key=lambda one: one[0])
    others = [
        Step(name="also there", mark=Mark.NOTED, reason=one.reason, says=f"{one.story}: {one.verdict}")
        for _, one in chains
        if one is not best
    ]
    return replace(best, steps=(*best.steps, *others))


def _judged(trail: Trail, config: Config, judge: Judge, only: str | None, *, every: bool) -> Judged:
    rules = config.rules
    source = next((one for one in config.sources if one.id == trail.story.outlet.id), None)
    why = unwanted(trail.story, source, trail.first_read)
    if only is None:
        verdicts = list(explain_all(rules, trail.story))
        return Judged(rules=rules.rules, verdicts=verdicts, revision=judge.revision, unwanted=why, every=every)
    known = [one for one in rules.rules if one.id == only]
    verdicts = [explain(rules, one.id, trail.story) for one in known]
    return Judged(rules=known, verdicts=verdicts, revision=judge.revision, unwanted=why, only=only)
