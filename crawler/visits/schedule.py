"""When to visit a source next, and why: pure, for the clock and the dice are handed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from crawler.visits import record
from crawler.visits.cron import UTC, next_strike
from crawler.visits.poll import Answer
from crawler.visits.record import GONE, HELD, OFFLINE, OVERLOADED, TAKEN
from crawler.visits.rhythm import WEIGHTS
from crawler.visits.spans import roughly, spoken
from crawler.visits.standing import HostHold, Next
from crawler.visits.subscription import announces
from spiders.source import DEFAULT_INTERVAL

if TYPE_CHECKING:
    from crawler.visits.poll import Poll, Tally
    from crawler.visits.record import Record
    from crawler.visits.standing import Standing
    from spiders.source import Source

CAP = timedelta(hours=24)  # no source is left alone for longer
_SHORTEST_RETRY = timedelta(seconds=60)
_HOST_HOLD = timedelta(hours=1)  # for a whole host that says "too many" without saying how long
_STRETCH = 0.2  # a beat of our own choice is lengthened by up to this share, never shortened
_OFFLINE_CAP = timedelta(minutes=30)  # so a night offline does not cost the morning
_TRUSTED = 3  # failures in a row up to which a server that names an earlier moment is taken at its word
_MOST_DOUBLINGS = 20  # far beyond CAP
_LONGEST_WISH = timedelta(hours=1)  # that a source's ttl or Cache-Control can keep us away
_HOURLY = 0.95  # stories an hour, below which people count by the day
_BESIDE_PUSHES = timedelta(hours=1)  # a source whose hub tells of news is still looked at
_TICK = timedelta(seconds=1)  # so often is looked what is due: a quick beat that is late by no more is made up for
_QUICK = timedelta(seconds=10)
_AT_ONCE = timedelta(milliseconds=1)
_HOUR = timedelta(hours=1)
_NOT_MADE = {HELD: "its host asked to wait", TAKEN: "another worker is at its host"}  # visits, by reason
_DAY = timedelta(days=1)


def next_visit(poll: Poll, tally: Tally, luck: float) -> Next:
    """Return when to come back after a visit that changed ``tally``; ``luck`` is a random number in [0, 1).

    ``every`` keeps its beat, counted from when the visit was due; beats that passed meanwhile are skipped. A
    source without it is visited by the rhythm that was learnt. Failures double the wait, up to a day, and what
    a server asks for with Retry-After is the least it gets.
    """
    known = record.after(poll, tally)
    if poll.reason in _NOT_MADE:
        at = poll.at + (poll.retry_after or _SHORTEST_RETRY)
        return Next(at=at, why=_NOT_MADE[poll.reason], standing=known.standing, events=known.events)
    if poll.answer is Answer.FAILED:
        return _after_failure(poll, known, luck)
    at, why = _regular(poll, known.standing, luck)
    return Next(at=at, why=why, standing=known.standing, forget=known.forget, events=known.events)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date; None when there is none or it cannot be read."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), CAP)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    return min(max(wait, timedelta(0)), CAP)


# ---------------------------------------------------------------- after an answer


def _regular(poll: Poll, standing: Standing, luck: float) -> tuple[datetime, str]:
    source, now = poll.source, poll.at
    if source.cron is not None:
        strike = next_strike(source.cron, source.cron_zone or UTC, max(now, poll.claim.due))
        return strike or now + CAP, f"cron {source.cron}"
    if source.every is not None:
        late = now - poll.claim.due - (_TICK if source.every < _QUICK else timedelta(0))
        beats = max(late // source.every + 1, 1)
        return max(poll.claim.due + beats * source.every, now + _AT_ONCE), f"every {spoken(source.every)}"
    return _learnt(poll, standing, luck)


def _learnt(poll: Poll, standing: Standing, luck: float) -> tuple[datetime, str]:
    """Return the next visit by the rhythm that was learnt, within what the user allows and the source wishes."""
    source, now = poll.source, poll.at
    rate = standing.rhythm.rate_at(now)
    wait, why = interval(source, standing, now), f"{_rate(rate)} at this hour, tier {source.tier}"
    if wait < _BESIDE_PUSHES and announces(poll.claim.pushed, standing.rhythm.last_new):
        wait, why = _BESIDE_PUSHES, "its hub tells of news"
    for wish, named in ((poll.fresh_for, "Cache-Control"), (standing.wishes.ttl, "its ttl")):
        if wish is not None and min(wish, _LONGEST_WISH) > wait:
            wait, why = min(wish, _LONGEST_WISH), f"{named} asks for it"
    wait = min(wait * (1 + _STRETCH * luck), source.every_max)
    at = _awake(standing, now + wait, now + source.every_max)
    if at > now + wait:
        why = "it skips these hours"
    return at, f"auto {roughly(at - now)}: {why}"


def interval(source: Source, standing: Standing, now: datetime) -> timedelta:
    """Return the wait that a source's rhythm and weight ask for at a moment, within ``every_min`` and ``every_max``."""
    wait = standing.rhythm.wait(now, WEIGHTS.get(source.tier, 1.0))
    return min(max(wait, source.every_min), source.every_max)


def _rate(rate: float) -> str:
    return f"{rate:.1f} stories/h" if rate >= _HOURLY else f"{rate * 24:.1f} stories/d"


def _awake(standing: Standing, at: datetime, latest: datetime) -> datetime:
    """Return the first moment from ``at`` on that a source does not name as one in which it is not read."""
    wishes = standing.wishes
    while at < latest:
        day = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if day.weekday() in wishes.skip_days:
            at = day.replace(hour=0) + _DAY
        elif day.hour in wishes.skip_hours:
            at = day + _HOUR
        else:
            return at
    return min(at, latest)


# ---------------------------------------------------------------- after a failure


def _after_failure(poll: Poll, known: Record, luck: float) -> Next:
    standing = known.standing
    if poll.status == GONE:
        why = "gone: not visited again" if standing.given_up else f"gone: looking again in {spoken(CAP)}"
        return Next(at=poll.at + CAP, why=why, standing=standing, events=known.events, forget=known.forget)
    wait, why = _back_off(poll, standing, luck)
    asked = None if poll.retry_after is None else poll.retry_after * (1 + 0.1 * luck)
    if asked is not None and (asked > wait or standing.failures <= _TRUSTED):
        wait = min(max(asked, poll.source.every or _SHORTEST_RETRY), CAP)
        why = f"retry in {roughly(wait)}: it asked for {roughly(poll.retry_after or asked)}"
    return Next(
        at=poll.at + wait,
        why=why,
        standing=standing,
        hold=_host_hold(poll, wait),
        forget=known.forget,
        events=known.events,
    )


def _back_off(poll: Poll, standing: Standing, luck: float) -> tuple[timedelta, str]:
    base = max(_usual(poll.source, standing, poll.at), _SHORTEST_RETRY)
    doublings = min(standing.points - 1, _MOST_DOUBLINGS)
    cap = max(_OFFLINE_CAP, base) if poll.reason in OFFLINE else CAP
    wait = min(base * 2**doublings * (0.75 + 0.5 * luck), cap)
    return wait, f"retry {standing.failures} in {roughly(wait)}"


def _usual(source: Source, standing: Standing, now: datetime) -> timedelta:
    """Return how long a source is left alone after a first failure; a rare cron is not waited for."""
    if source.cron is not None:
        first = next_strike(source.cron, source.cron_zone or UTC, now)
        second = None if first is None else next_strike(source.cron, source.cron_zone or UTC, first)
        return min(second - first, DEFAULT_INTERVAL) if first and second else DEFAULT_INTERVAL
    return source.every or interval(source, standing, now)


def _host_hold(poll: Poll, wait: timedelta) -> HostHold | None:
    if poll.status not in OVERLOADED:
        return None
    span = min(wait, _HOST_HOLD) if poll.retry_after is None else poll.retry_after
    reason = f"{poll.status} from {poll.source.id}" + (", with Retry-After" if poll.retry_after is not None else "")
    return HostHold(host=poll.host, until=poll.at + span, reason=reason)
