"""Cards of what a replay would have told, laid out as the channel would have seen them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alerts.card import card_for
from alerts.story import Alert
from crawler.replay.nouns import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from alerts.card import Card
    from alerts.story import Match, Story
    from crawler.replay.nouns import Decision, Result
    from crawler.store.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A version of a story that a channel would hear of, and the rules that hold for it."""

    story: int
    version: int
    channel: str
    at: datetime
    matches: tuple[Match, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A card, and where and when it would have stood."""

    channel: str
    at: datetime
    card: Card


def newest_messages(result: Result, number: int) -> list[Wanted]:
    """Return what the newest messages about single stories would have told, newest first: the version they tell of."""
    told: dict[str, list[Decision]] = {}
    held: dict[tuple[int, int, str, str], Match] = {}
    for one in result.decisions:
        held[one.story, one.version, one.channel, one.rule] = one.match
        if one.message:
            told.setdefault(one.message, []).append(one)
    messages = [one for one in result.messages if one.kind is Kind.STORY and not one.quiet and one.key in told]
    chosen = sorted(messages, key=lambda one: (one.at, one.key), reverse=True)[:number]
    return [
        Wanted(
            story=one.story,
            version=one.version,
            channel=one.channel,
            at=one.at,
            matches=tuple(
                match for rule in one.rules if (match := held.get((one.story, one.version, one.channel, rule)))
            ),
        )
        for one in chosen
    ]


def of_decisions(decisions: Iterable[Decision], number: int) -> list[Wanted]:
    """Return what the newest of some decisions would have told, newest first."""
    chosen = sorted(decisions, key=lambda one: (one.at, one.story), reverse=True)[:number]
    return [
        Wanted(story=one.story, version=one.version, channel=one.channel, at=one.at, matches=(one.match,))
        for one in chosen
    ]


def samples(archive: Archive, wanted: Sequence[Wanted]) -> list[Sample]:
    """Lay out cards; what is no longer stored is left out. Raises StoreError."""
    stories = {(text.story.id, text.story.version): text.story for text in archive.some([one.story for one in wanted])}
    return [_sample(one, stories) for one in wanted if (one.story, one.version) in stories and one.matches]


def _sample(one: Wanted, stories: Mapping[tuple[int, int], Story]) -> Sample:
    story = stories[one.story, one.version]
    alert = Alert(channel=one.channel, story=story, matches=one.matches)
    return Sample(channel=one.channel, at=one.at, card=card_for(alert))
