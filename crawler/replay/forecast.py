"""The volume forecast of rules: how often they would have told whom, found out in a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from alerts.stream import spoken as spoken_span
from crawler.replay.finder import stretches
from crawler.replay.nouns import Batch, Reading, Request
from crawler.replay.running import Replay
from crawler.replay.volume import volume_of
from crawler.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from alerts.rules.spec import Rate
    from crawler.config.model import Config
    from crawler.replay.nouns import Result
    from crawler.replay.volume import Volume

WEEK = timedelta(days=7)
SECONDS = 1.0  # that a forecast may take
PATIENCE = 0.2  # seconds that a locked store is waited for
_READING = 2 / 3  # of the seconds; deciding has the rest
_STRETCH = 100  # stories between two looks at the clock
_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleForecast:
    """What one rule would have done."""

    found: int = 0  # stories that it holds for
    messages: Mapping[str, int] = field(default_factory=dict)  # by channel
    replies: int = 0  # in threads only
    waiting: int = 0  # of what it found, what a digest would list

    @property
    def total(self) -> int:
        """Messages to all channels."""
        return sum(self.messages.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What rules would have told in the time that ends now."""

    asked: timedelta
    covered: timedelta  # that was looked at: less when there were no stories before, or the time was up
    rules: Mapping[str, RuleForecast]  # by id; those that are switched off are absent
    is_cut: bool = False  # the time was up before all was read, or decided
    why: str = ""  # why nothing is known; "": something is

    @property
    def is_known(self) -> bool:
        """Whether anything could be looked at."""
        return not self.why


def forecast(
    config: Config,
    *,
    now: datetime,
    since: timedelta = WEEK,
    rules: Collection[str] | None = None,
    seconds: float = SECONDS,
    elapsed: Callable[[], float] = monotonic,
) -> Forecast:
    """Return what rules, all or those with these ids, would have told in the time that ends now.

    It reads the newest stories first, and decides the oldest of them first; it ends when ``seconds`` are over, of which
    reading has two thirds: then ``covered`` says how much of the time that is. Rules on trial are forecast as if they
    were not. It raises nothing: what is in the way is told in ``why``.
    """
    begun = elapsed()
    chosen = frozenset(one.id for one in config.rules.rules if one.enabled and (rules is None or one.id in rules))
    request = Request(since=now - since, until=now, rules=chosen, as_if_live=True)
    try:
        archive = Archive.of(config.store, PATIENCE)
        if archive is None:
            return _unknown(since, "there are no stories yet")
        with archive:
            return _forecast(archive, config, request, lambda part: elapsed() > begun + part * seconds)
    except StoreError as error:
        return _unknown(since, str(error))


def _forecast(archive: Archive, config: Config, request: Request, is_over: Callable[[float], bool]) -> Forecast:
    asked, now = request.until - request.since, request.until
    first = archive.first_seen()
    if first is None or first >= now:
        return _unknown(asked, "there are no stories yet")
    result, since, is_cut = look_back(archive, config, request, first, is_over)
    volume = volume_of(result, config.timezone)
    return Forecast(
        asked=asked,
        covered=max(timedelta(), result.until - since),
        rules={rule: _of_rule(rule, volume) for rule in sorted(request.rules or ())},
        is_cut=is_cut or result.until < now,
    )


def look_back(
    archive: Archive, config: Config, request: Request, first: datetime, is_over: Callable[[float], bool]
) -> tuple[Result, datetime, bool]:
    """Replay a time as far as ``is_over`` allows; return what came of it, from when on, and whether that is cut.

    ``first`` is when the first story of all was seen. The newest stories are read first.
    """
    replay = Replay(archive, config, (config,), request)
    plan, batches, since, is_cut = replay.plan(), list[Batch](), max(request.since, first), False
    left = list(stretches(plan.ids, _STRETCH, plan.wanted))
    while left and not is_cut:
        stretch, _ = left.pop()
        batches.append(replay.look(stretch))
        if left and is_over(_READING):
            is_cut, since = True, max(since, archive.seen(stretch.first))
    reading = Reading(stories=len(plan.ids), read=0, texts=0, prefiltered=plan.wanted is not None)
    (result,) = replay.results(plan, batches, reading, lambda: is_over(1.0))
    return result, since, is_cut and since > request.since


def _unknown(asked: timedelta, why: str) -> Forecast:
    return Forecast(asked=asked, covered=timedelta(), rules={}, why=why)


def _of_rule(rule: str, volume: Volume) -> RuleForecast:
    return RuleForecast(
        found=volume.found_by_rule.get(rule, 0),
        messages=volume.sent(rule).messages,
        replies=volume.sent(rule).quiet,
        waiting=volume.waiting_by_rule.get(rule, 0),
    )


def spoken(said: Forecast, rule: str, budget: Rate | None = None) -> str:
    """Say it in words: ``would have sent 9 in 7 days to #minerals, budget 20/h``; why not, where nothing is known."""
    if not said.is_known:
        return f"no forecast: {said.why}"
    if (one := said.rules.get(rule)) is None:
        return "no forecast: it is switched off"
    limit = f", budget {rate(budget)}" if budget else ""
    time = time_of(said)
    listed = f", and {_replies(one.replies)} in threads" if one.replies else ""
    listed += f"; a digest would list {one.waiting}" if one.waiting else ""
    if not one.messages:
        found = f", though it found {_stories(one.found)}" if one.found and not one.waiting else ""
        return f"would have sent nothing in {time}{found}{listed}"
    first, *others = sorted(one.messages.items(), key=lambda each: (-each[1], each[0]))
    if not others:
        return f"would have sent {first[1]:,} in {time} to {first[0]}{limit}{listed}"
    parts = [f"{number:,} to {channel}" for channel, number in (first, *others)]
    return f"would have sent {', '.join(parts[:-1])} and {parts[-1]} in {time}{limit}{listed}"


def brief(said: Forecast, rule: str, budget: Rate | None = None) -> str:
    """Say it in a few words: ``9 in 7 d → #minerals, budget 20/h``; "" where nothing is known."""
    one = said.rules.get(rule)
    if one is None or not said.is_known:
        return ""
    days = round(said.covered / timedelta(days=1), 1)
    time = f"{days:g} d" if days >= 1 else spoken_span(said.covered)
    listed = f", {_replies(one.replies)}" if one.replies else ""
    listed += f", {one.waiting:,} for a digest" if one.waiting else ""
    if not one.messages:
        return f"none in {time}{listed}"
    ranked = sorted(one.messages.items(), key=lambda each: (-each[1], each[0]))
    many = len(ranked) > 1
    channels = ", ".join(f"{channel} {number:,}" if many else channel for channel, number in ranked)
    limit = f", budget {rate(budget)}" if budget else ""
    return f"{one.total:,} in {time} → {channels}{limit}{listed}"


def time_of(said: Forecast) -> str:
    """Say which time was looked at, and why it is no longer."""
    if said.covered >= said.asked:
        return _days(said.asked)
    if said.is_cut:
        return f"{_days(said.covered)} (there was no time to read all of {_days(said.asked)})"
    return f"{_days(said.covered)} (there are no older stories)"


def _days(span: timedelta) -> str:
    days = round(span / timedelta(days=1), 1)
    return f"{days:g} {'day' if days == 1 else 'days'}" if span >= timedelta(days=1) else spoken_span(span)


def rate(limit: Rate) -> str:
    """Write a limit as it stands in config.yaml: ``20/h``."""
    for unit, length in _UNITS:
        if limit.per == length:
            return f"{limit.count}/{unit}"
    return f"{limit.count} in {spoken_span(limit.per)}"


def _stories(number: int) -> str:
    return f"{number:,} {'story' if number == 1 else 'stories'}"


def _replies(number: int) -> str:
    return f"{number:,} {'reply' if number == 1 else 'replies'}"
