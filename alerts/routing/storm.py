"""Storms: when more comes for a channel than people can read, one message lists it all until it is calm again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

QUEUE = 20  # messages that may wait for a channel, which takes one a second
RULE = 15  # messages of one rule …
WITHIN = timedelta(minutes=5)  # … in this time
CALM = timedelta(minutes=10)  # without a stormy moment, before messages stand by themselves again
BETWEEN = timedelta(seconds=30)  # edits of the storm's message, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A message that is to go to a channel."""

    key: str  # of the delivery
    rules: frozenset[str]
    critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """A message that lists others."""

    key: str  # made of the first row that it lists, which is folded only once: the same after a crash
    since: datetime
    stormy: datetime  # the last moment that was
    rules: frozenset[str] | None  # whose rows are folded; None: all that are not critical
    folded: tuple[str, ...] = ()  # every row that it lists, as they came
    shown: int = 0  # how many of them its message told of when it was written last
    written: datetime  # when that was
    why: str  # what made its last stormy moment one


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """What is kept of one channel; it can be made anew from pending rows, recent ones and the open storm."""

    pending: tuple[Row, ...] = ()  # neither taken by the courier nor folded
    recent: tuple[tuple[datetime, Row], ...] = ()  # that came within ``WITHIN``, critical ones left out
    storm: Storm | None = None


# ---------------------------------------------------------------- what happens, and what follows


@dataclass(frozen=True, slots=True)
class Came:
    """Messages were queued."""

    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Taken:
    """The courier has begun to send a message by itself, or has given it up: it cannot be folded any more."""

    key: str


@dataclass(frozen=True, slots=True)
class Looked:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Unfolded:
    """Somebody wants messages to stand by themselves again."""

    who: str


Event = Came | Taken | Looked | Unfolded


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Queue the storm's message, in the transaction that folds its first rows."""

    storm: Storm


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Mark pending rows as folded into the storm's message."""

    storm: str
    keys: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """Let the storm's message tell of all that it lists by now."""

    storm: Storm


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The storm is over: its message says so, and keeps listing what it lists."""

    storm: Storm
    why: str


Action = Post | Fold | Edit | End


def step(weather: Weather, event: Event, now: datetime) -> tuple[Weather, tuple[Action, ...]]:
    """Return the weather after an event, and what to do about it, in this order and in one transaction.

    A channel is stormy when more than ``QUEUE`` rows wait for it, or more than ``RULE`` of one rule came within
    ``WITHIN``; in the second case only rows are folded that come by such rules alone. While it lasts, each
    further moment at which as many have come within ``WITHIN`` prolongs it: a trickle does not. Critical rows
    are never folded and count for no rule.
    """
    weather = replace(weather, recent=_recent(weather.recent, now))
    match event:
        case Taken(key):
            rest = tuple(row for row in weather.pending if row.key != key)
            return replace(weather, pending=rest), ()
        case Unfolded(who) if weather.storm:
            anew = replace(weather, recent=())  # or the next message would bring the storm back
            return _ended(anew, weather.storm, f"unfolded by {who}")
        case Came(rows):
            return _came(weather, rows, now)
        case _:
            return _looked(weather, now)


def next_look(weather: Weather) -> datetime | None:
    """Return when to look again although nothing happens; None while there is no storm."""
    storm = weather.storm
    if storm is None:
        return None
    grown = len(storm.folded) > storm.shown
    return min(storm.stormy + CALM, storm.written + BETWEEN) if grown else storm.stormy + CALM


def _came(weather: Weather, rows: Iterable[Row], now: datetime) -> tuple[Weather, tuple[Action, ...]]:
    known = {row.key for row in weather.pending} | set(weather.storm.folded if weather.storm else ())
    fresh = tuple({row.key: row for row in rows if row.key not in known}.values())
    weather, ended = _looked(weather, now, edits=False)  # what comes after a calm begins anew
    counted = tuple((now, row) for row in fresh if not row.critical)
    weather = replace(weather, pending=weather.pending + fresh, recent=weather.recent + counted)
    weather, folded = _folded(weather, now)
    weather, edited = _looked(weather, now)
    return weather, (*ended, *folded, *edited)


def _looked(weather: Weather, now: datetime, *, edits: bool = True) -> tuple[Weather, tuple[Action, ...]]:
    storm = weather.storm
    if storm is None:
        return weather, ()
    if now >= storm.stormy + CALM:
        return _ended(weather, storm, f"{CALM // timedelta(minutes=1)} quiet minutes")
    if edits and len(storm.folded) > storm.shown and now >= storm.written + BETWEEN:
        storm = replace(storm, shown=len(storm.folded), written=now)
        return replace(weather, storm=storm), (Edit(storm=storm),)
    return weather, ()


def _ended(weather: Weather, storm: Storm, why: str) -> tuple[Weather, tuple[Action, ...]]:
    return replace(weather, storm=None), (End(storm=replace(storm, shown=len(storm.folded)), why=why),)


def _folded(weather: Weather, now: datetime) -> tuple[Weather, tuple[Action, ...]]:
    """Open, widen or prolong the storm, and fold what it is about."""
    cause = _cause(weather)
    if cause:
        weather = replace(weather, storm=_widened(weather.storm, *cause, now))
    storm = weather.storm
    if storm is None:
        return weather, ()
    keys = tuple(row.key for row in weather.pending if _belongs(row, storm))
    if not keys:
        return replace(weather, storm=storm if storm.folded else None), ()
    opens = not storm.folded
    storm = replace(storm, folded=storm.folded + keys)
    if opens:
        storm = replace(storm, key=f"storm-{keys[0]}", shown=len(keys))
    rest = tuple(row for row in weather.pending if not _belongs(row, storm))
    fold = Fold(storm=storm.key, keys=keys, why=storm.why)
    actions: tuple[Action, ...] = (Post(storm=storm), fold) if opens else (fold,)
    return replace(weather, pending=rest, storm=storm), actions


def _cause(weather: Weather) -> tuple[frozenset[str] | None, str] | None:
    """Return whose rows make the channel stormy now, None meaning everybody's, and in what way they do."""
    queue = len(weather.pending)
    if queue > QUEUE:
        return None, f"{queue} messages waited for the channel"
    everybody = weather.storm is not None and weather.storm.rules is None
    if everybody and len(weather.recent) > QUEUE:
        return None, f"{len(weather.recent)} messages came in 5 min"
    counts = Counter(rule for _, row in weather.recent for rule in row.rules)
    loud = {rule: count for rule, count in sorted(counts.items()) if count > RULE}
    if not loud:
        return None
    said = " and ".join(f"{count} of {rule}" for rule, count in loud.items())
    return frozenset(loud), f"messages in 5 min: {said}"


def _widened(storm: Storm | None, rules: frozenset[str] | None, why: str, now: datetime) -> Storm:
    if storm is None:
        return Storm(key="", since=now, stormy=now, rules=rules, written=now, why=why)
    wider = None if storm.rules is None or rules is None else storm.rules | rules
    return replace(storm, stormy=now, rules=wider, why=why)


def _belongs(row: Row, storm: Storm) -> bool:
    return not row.critical and (storm.rules is None or row.rules <= storm.rules)


def _recent(recent: Iterable[tuple[datetime, Row]], now: datetime) -> tuple[tuple[datetime, Row], ...]:
    return tuple((at, row) for at, row in recent if at > now - WITHIN)
