"""How much a replay would have told: by day, channel, rule and source."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.policy import Reason
from crawler.replay.audience import NOBODY, audiences
from crawler.replay.nouns import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime, tzinfo

    from crawler.replay.audience import Audience
    from crawler.replay.difference import Difference
    from crawler.replay.nouns import Decision, Message, Result

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """The numbers of a replay. Messages are what channels see; quiet replies in threads are counted beside them."""

    matches: int  # stories that some rule holds for
    messages: int
    replies: int
    summaries: int  # of the messages, those that list what limits held back
    waiting: int  # stories and channels that wait for a digest
    per_day: float
    days: Sequence[date]  # every day of the time, local
    by_day: Mapping[str, Sequence[int]]  # messages by channel, for each of the days
    by_rule: Mapping[str, Audience]  # of those on trial, what they would have had sent, which is in no other number
    on_trial: frozenset[str]  # rules
    found_by_rule: Mapping[str, int]  # stories by rule
    waiting_by_rule: Mapping[str, int]  # stories and channels by rule
    sources: Sequence[tuple[str, int]]  # names of outlets, with the stories that some rule holds for
    reasons: Mapping[Reason, int]  # decisions by reason
    busiest: tuple[str, datetime, int] | None  # channel, beginning (local) and messages of its busiest hour

    def sent(self, rule: str) -> Audience:
        """What one rule has had sent, or would have if it were not on trial."""
        return self.by_rule.get(rule, NOBODY)

    @property
    def channels(self) -> dict[str, int]:
        """Messages by channel, the busiest first."""
        counts = {channel: sum(days) for channel, days in self.by_day.items()}
        return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def volume_of(result: Result, zone: tzinfo) -> Volume:
    """Count what a replay would have told; days are those of ``zone``."""
    shown = [one for one in result.messages if not one.quiet]
    trials = frozenset(one.rule for one in result.decisions if one.match.shadow)
    stories = {one.story for one in result.decisions if one.reason is not Reason.BACKLOG}
    outlets = Counter(result.headlines[one].outlet for one in stories if one in result.headlines)
    days = _days(result, zone)
    return Volume(
        matches=len(stories),
        messages=len(shown),
        replies=len(result.messages) - len(shown),
        summaries=sum(one.kind is Kind.SUMMARY for one in shown),
        waiting=sum(map(_waits, result.decisions)),
        per_day=len(shown) / result.days if result.days else 0.0,
        days=days,
        by_day=_by_day(shown, days, zone),
        by_rule=_by_rule(result, trials),
        on_trial=trials,
        found_by_rule=_found(result.decisions),
        waiting_by_rule=Counter(one.rule for one in result.decisions if _waits(one)),
        sources=outlets.most_common(),
        reasons=Counter(one.reason for one in result.decisions),
        busiest=_busiest(shown, zone),
    )


def _waits(one: Decision) -> bool:
    return one.reason.is_summed_up and one.message is None


def _days(result: Result, zone: tzinfo) -> list[date]:
    first = result.since.astimezone(zone).date()
    last = max(first, (result.until - timedelta(microseconds=1)).astimezone(zone).date())
    return [first + DAY * number for number in range((last - first).days + 1)]


def _by_day(messages: Sequence[Message], days: Sequence[date], zone: tzinfo) -> dict[str, list[int]]:
    place = {day: number for number, day in enumerate(days)}
    counts: dict[str, list[int]] = {}
    for one in messages:
        number = place.get(one.at.astimezone(zone).date())
        if number is not None:
            counts.setdefault(one.channel, [0] * len(days))[number] += 1
    return dict(sorted(counts.items()))


def _by_rule(result: Result, trials: frozenset[str]) -> dict[str, Audience]:
    """Return what each rule has sent; a message counts for every rule that it tells of."""
    sent, tried = audiences(result.messages), audiences(result.trials)
    return {**sent, **{rule: tried[rule] for rule in tried.keys() & trials}}


def _found(decisions: Sequence[Decision]) -> dict[str, int]:
    stories: dict[str, set[int]] = {}
    for one in decisions:
        if one.reason is not Reason.BACKLOG:
            stories.setdefault(one.rule, set()).add(one.story)
    return {rule: len(some) for rule, some in sorted(stories.items())}


def _busiest(messages: Sequence[Message], zone: tzinfo) -> tuple[str, datetime, int] | None:
    hours = Counter(
        (one.channel, one.at.astimezone(zone).replace(minute=0, second=0, microsecond=0)) for one in messages
    )
    if not hours:
        return None
    (channel, hour), number = max(hours.items(), key=lambda one: (one[1], -one[0][1].timestamp()))
    return channel, hour, number


def numbers_of(volume: Volume, difference: Difference | None = None) -> dict[str, float]:
    """Return the numbers that ``--fail-on`` may ask for; those of a comparison only where there is one."""
    numbers: dict[str, float] = {"matches": volume.matches, "messages": volume.messages, "per_day": volume.per_day}
    if difference:
        numbers |= {name: len(getattr(difference, name)) for name in ("gained", "lost", "unchanged")}
    return numbers
