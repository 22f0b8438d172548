"""Digests: when one is due, and what it says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from alerts.routing.walltime import exists, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alerts.routing.spec import DigestSpec
    from alerts.story import Severity

TOP = 5  # stories of a rule that are named first; the others follow on the digest's pages
_DAY = timedelta(days=1)
_FAR = 20  # days, among which is one of any weekday, even where a date was left out of the calendar


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A digest to come, or overdue."""

    at: datetime  # UTC; in the past when nobody watched then
    day: date  # the local date that it is of: to be kept as the last one told


def next_due(spec: DigestSpec, told: date | None, now: datetime) -> Due:
    """Return the next digest: one for each local date on the named days, and none twice.

    ``told`` is the date of the last one; None when there was none yet, so that the first is one to come. Dates
    only count upwards: neither a restart nor a clock that is set back, nor another time zone tells one twice. Of
    several that nobody watched for, only the latest is still due: it tells of the whole time.
    """
    today = now.astimezone(spec.zone).date()
    if told is not None:
        past = _days(spec, today, -1)
        if missed := next((due for due in past if due.day > told and due.at <= now), None):
            return missed
    first = today if told is None else max(today, told + _DAY)
    return next(due for due in _days(spec, first, 1) if due.at > now)


def _days(spec: DigestSpec, day: date, direction: int) -> Iterator[Due]:
    """Yield the digests of some three weeks from a date on, onwards or back."""
    for distance in range(_FAR):
        at = day + direction * distance * _DAY
        if at.weekday() in spec.days and exists(at, spec.zone):
            yield Due(moment(at, spec.at, spec.zone), at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A story as a digest names it."""

    story: int
    title: str
    url: str | None
    outlet: str  # its name
    others: int = 0  # further outlets that carry it
    severity: Severity
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one rule found in the time that a digest tells of."""

    rule: str
    name: str
    usual: float | None = None  # stories in as long a time; None: too little is known
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A message that was kept back for the digest."""

    key: str  # of the delivery
    reason: str  # stable short name
    says: str  # why, for people
    line: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a digest says of one rule."""

    rule: str
    name: str
    count: int  # of stories
    usual: float | None
    top: tuple[Line, ...]
    more: tuple[Line, ...]  # for further pages: none is left out

    @property
    def says(self) -> str:
        """How many, against the usual."""
        stories = "1 story" if self.count == 1 else f"{self.count} stories"
        return stories if self.usual is None else f"{stories}, usually {self.usual:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Messages that were kept back for one reason."""

    reason: str
    says: tuple[str, ...]  # each way in which it was said, the most frequent first
    rows: tuple[HeldRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a digest says."""

    name: str
    day: date
    since: datetime
    until: datetime
    stories: int  # different ones, by any rule
    parts: tuple[Part, ...]  # of the rules that found something, the weightiest first
    idle: tuple[str, ...]  # the names of the rules that found nothing, though they usually do
    held: tuple[Held, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.parts or self.held)


def compose(
    spec: DigestSpec,
    *,
    day: date,
    since: datetime,
    until: datetime,
    tallies: Iterable[Tally],
    held: Iterable[HeldRow],
) -> Digest:
    """Return what a digest says of the time from ``since`` to ``until``.

    Rules that it is not about are left out. What was held back for its channel is told whatever rule it came by,
    since no other message will tell of it.
    """
    wanted = [tally for tally in tallies if spec.rules is None or tally.rule in spec.rules]
    parts = [_part(tally) for tally in wanted if tally.lines]
    parts.sort(key=lambda part: (-max(line.severity for line in part.top), -part.count, part.rule))
    return Digest(
        name=spec.name,
        day=day,
        since=since,
        until=until,
        stories=len({line.story for tally in wanted for line in tally.lines}),
        parts=tuple(parts),
        idle=tuple(tally.name for tally in wanted if not tally.lines and tally.usual),
        held=_grouped(held),
    )


def is_told(spec: DigestSpec, digest: Digest) -> bool:
    """Say whether a digest is sent; an empty one is only where the user asks for it."""
    return spec.empty or not digest.is_empty


def home_of(
    channel: str, specs: Sequence[DigestSpec], told: Mapping[str, date], now: datetime
) -> tuple[DigestSpec, Due] | None:
    """Return the next digest of a channel, which lists what is held back now; None when it has none.

    ``told`` are the dates of the last digests, by their names.
    """
    dues = [(next_due(spec, told.get(spec.name), now), spec) for spec in specs if channel in spec.to]
    if not dues:
        return None
    due, spec = min(dues, key=lambda pair: (pair[0], pair[1].name))
    return spec, due


def _part(tally: Tally) -> Part:
    lines = sorted({line.story: line for line in tally.lines}.values(), key=_weight)
    return Part(
        rule=tally.rule,
        name=tally.name,
        count=len(lines),
        usual=tally.usual,
        top=tuple(lines[:TOP]),
        more=tuple(lines[TOP:]),
    )


def _weight(line: Line) -> tuple[int, int, float, int]:
    """Order stories: the gravest first, then what most outlets carry, then the newest."""
    return -line.severity, -line.others, -line.seen.timestamp(), line.story


def _grouped(rows: Iterable[HeldRow]) -> tuple[Held, ...]:
    by_reason: dict[str, list[HeldRow]] = {}
    for row in sorted(rows, key=lambda row: (_weight(row.line), row.key)):
        by_reason.setdefault(row.reason, []).append(row)
    groups = []
    for reason, kept in by_reason.items():
        said = Counter(row.says for row in kept)
        ways = sorted(said, key=lambda one: (-said[one], one))
        groups.append(Held(reason=reason, says=tuple(ways), rows=tuple(kept)))
    return tuple(sorted(groups, key=lambda group: (-len(group.rows), group.reason)))
