"""When to visit a source next, and why: pure, for the clock and the dice are handed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from spiders.source import DEFAULT_INTERVAL

if TYPE_CHECKING:
    from alerts.errors import FetchError
    from crawler.poll import Claim
    from spiders.source import Source

CAP = timedelta(hours=24)  # no source is left alone for longer
_SHORTEST_RETRY = timedelta(seconds=60)
_HOST_HOLD = timedelta(hours=1)  # for a whole host that says "too many" without saying how long
_STRETCH = 0.2  # a beat of our own choice is lengthened by up to this share, never shortened
_OVERLOADED = frozenset({429, 503})
_OFFLINE = frozenset({"dns", "unreachable", "refused", "timeout"})  # as often our own network as theirs
_OFFLINE_CAP = timedelta(minutes=30)  # so a night offline does not cost the morning
_TRUSTED = 3  # failures in a row up to which a server that names an earlier moment is taken at its word
_GONE = 410
_MOST_DOUBLINGS = 20  # far beyond CAP


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The next visit to a source."""

    at: datetime
    why: str
    failures: int  # in a row, by now
    host_until: datetime | None = None  # the whole host wants to be left alone until then


def next_visit(source: Source, claim: Claim, *, failure: FetchError | None, now: datetime, luck: float) -> Next:
    """Return when to come back after a visit that ended ``now``; ``luck`` is a random number in [0, 1).

    ``every`` keeps its beat, counted from when the visit was due; beats that passed meanwhile are
    skipped. Failures double the wait, up to a day, and what a server asks for with Retry-After is the
    least it gets.
    """
    if failure is not None:
        return _after_failure(source, claim, failure, now, luck)
    if source.every is None:
        return Next(
            at=now + DEFAULT_INTERVAL * (1 + _STRETCH * luck), why=f"auto {spoken(DEFAULT_INTERVAL)}", failures=0
        )
    beats = max((now - claim.due) // source.every + 1, 1)
    return Next(at=claim.due + beats * source.every, why=f"every {spoken(source.every)}", failures=0)


def held(claim: Claim, until: datetime) -> Next:
    """Return the next visit of a source that was not visited because its host wants to be left alone."""
    return Next(at=until, why="its host asked to wait", failures=claim.failures)


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


def spoken(span: timedelta) -> str:
    """Return a span as people write it: ``90s``, ``15m``, ``2h``."""
    seconds = round(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds < 2 * 60 else f"{seconds // 60}m{seconds % 60:02}s"


def _after_failure(source: Source, claim: Claim, failure: FetchError, now: datetime, luck: float) -> Next:
    count = claim.failures + 1
    if failure.status == _GONE:
        return Next(at=now + CAP, why=f"gone: looking again in {spoken(CAP)}", failures=count)
    base = max(source.every or DEFAULT_INTERVAL, _SHORTEST_RETRY)
    doublings = min(claim.failures, _MOST_DOUBLINGS)
    cap = max(_OFFLINE_CAP, base) if failure.reason in _OFFLINE else CAP
    wait = min(base * 2**doublings * (0.75 + 0.5 * luck), cap)
    why = f"retry {count} in {spoken(wait)}"
    asked = None if failure.retry_after is None else failure.retry_after * (1 + 0.1 * luck)
    if asked is not None and (asked > wait or count <= _TRUSTED):
        wait, why = min(max(asked, source.every or _SHORTEST_RETRY), CAP), f"retry-after {spoken(asked)}"
    return Next(at=now + wait, why=why, failures=count, host_until=_host_until(failure, now, wait))


def _host_until(failure: FetchError, now: datetime, wait: timedelta) -> datetime | None:
    if failure.status not in _OVERLOADED:
        return None
    return now + (min(wait, _HOST_HOLD) if failure.retry_after is None else failure.retry_after)
