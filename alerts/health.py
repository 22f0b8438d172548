"""What is not well with sources, ways out and Tocsin itself, and when people are to be told of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

# What as often is the fault of our own network as of the other side.
NETWORK = frozenset({"dns", "unreachable", "refused", "reset", "connect-timeout", "timeout", "proxy"})
FEWEST = 3  # sources that fail together, before it is taken for the network's fault
LATELY = timedelta(hours=1)  # a visit longer ago says nothing about the network of now
PATIENCE = timedelta(minutes=5)  # for which most sources must fail together, and a way out refuse
AGAIN = timedelta(hours=1)  # within which what was over is the same trouble, and has the same message
BETWEEN = timedelta(hours=1)  # changes of a message that say nothing of its beginning or end, at least
AFRESH = timedelta(days=1)  # after which a message says how things stand
SNOOZE = timedelta(hours=24)
PAUSE = timedelta(hours=1)  # without a look at any source, and nobody watched

NETWORK_SUBJECT = "network"
DEAD_LETTERS = "dead-letters"
DOUBLES = "doubles"
CONFIGURATION = "config"
DOWNTIME = "downtime"
_SOURCE = "source:"
_WAY = "way:"


class Condition(StrEnum):
    """What a report says of its subject."""

    FAILING = "failing"
    GONE = "gone"  # it said so itself, and is visited no more
    SILENT = "silent"
    OUTAGE = "outage"
    REFUSING = "refusing"
    DEAD = "dead"  # messages
    DOUBLED = "doubled"  # messages, perhaps
    REFUSED = "refused"  # a configuration
    CHANGED = "changed"  # a configuration
    MISSED = "missed"  # nobody watched for a while
    SNOOZED = "snoozed"  # somebody wants to hear of it again in SNOOZE
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The ``health:`` section: from when on a source is not well."""

    failing: timedelta = timedelta(hours=24)
    silent: timedelta | None = None  # None: as each source's own rhythm says, if ``rhythm`` does
    rhythm: bool = True  # False, and no ``silent``: silence is not told


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFact:
    """How a source that is configured does."""

    id: str
    name: str
    host: str
    tried: datetime | None = None  # the last visit, however it ended
    good: datetime | None = None  # the last that was answered as it should be
    failing: datetime | None = None  # the first of the visits in a row that failed; None: the last one did not
    tries: int = 0  # how many these are
    reason: str = ""  # of the last visit
    detail: str = ""
    due: datetime | None = None  # the next visit; None: it is visited no more
    silent: datetime | None = None  # when its own rhythm said that it had fallen silent
    last_new: datetime | None = None
    usual: timedelta | None = None  # between two stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What people were told of a subject last."""

    subject: str
    condition: Condition
    mark: str = ""  # what of it is worth a change of the message when it is another
    since: datetime
    changed: datetime  # when the message was written last

    @property
    def is_open(self) -> bool:
        """Whether the trouble lasts, as far as people were told."""
        return self.condition is not Condition.OVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How all does at a moment."""

    now: datetime
    watching: datetime | None = None  # since when somebody has watched without a pause; None: unknown
    enabled: int = 0  # sources
    answering: int = 0  # of these, the ones that answered within LATELY
    sources: Sequence[SourceFact] = ()  # those in trouble, and those that reports are about
    reports: Mapping[str, Report] = field(default_factory=dict)  # by subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Sources that fail together."""

    sources: tuple[SourceFact, ...]
    enabled: int
    since: datetime  # from when on they were most


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetters:
    """Messages that were refused in every form."""

    number: int
    key: str = ""  # of the last one
    channel: str = ""
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubles:
    """Messages that were sent again, and for which nobody could look whether they stand there twice."""

    number: int
    key: str = ""  # of the last one
    channel: str = ""
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A way out that takes no messages until somebody mends something."""

    channel: str | None  # None: the main one as a whole
    since: datetime
    reason: str
    waiting: int  # messages
    answers: bool = True  # it says no; else it does not take or answer anything, and may by itself again

    @property
    def subject(self) -> str:
        """What the report on it is about."""
        return f"{_WAY}{self.channel or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the message about a subject is to say from now on."""

    report: Report
    anew: bool  # in a message of its own
    about: SourceFact | Outage | DeadLetters | Doubles | Refusal | None = None  # None: it is no more
    was: Report | None = None


def of_source(id_: str) -> str:
    """Return the subject of reports on a source."""
    return f"{_SOURCE}{id_}"


def source_of(subject: str) -> str | None:
    """Return the source that a subject is; None when it is something else."""
    return subject.removeprefix(_SOURCE) if subject.startswith(_SOURCE) else None


def way_out_of(subject: str) -> str | None:
    """Return the way out that a subject is, ``""`` for the main one; None when it is something else."""
    return subject.removeprefix(_WAY) if subject.startswith(_WAY) else None


# ---------------------------------------------------------------- sources


def look(seen: Seen, limits: Limits) -> tuple[Change, ...]:
    """Return what is to be told of sources.

    A source has one message from when it is not well until it is: written once, and changed since. When most fail
    together there is one about the network, and none of those that fail so gets its own meanwhile; a source is
    not blamed for what it did while nobody watched, or the network was away, before it was visited again.
    """
    outage = _outage(seen, limits)
    hushed = {one.id for one in outage.sources} if outage else set()
    network = _network(seen, outage)
    changes = [network] if network else []
    for source in seen.sources:
        report = seen.reports.get(of_source(source.id))
        if report is not None and report.is_open:
            change = _go_on(source, report, seen, limits)
        else:
            change = None if source.id in hushed else _begin(source, seen, limits)
        changes += [change] if change else []
    return (*changes, *_gone(seen))


def _begin(source: SourceFact, seen: Seen, limits: Limits) -> Change | None:
    found = _ailment(source, limits, seen.now)
    if found is None or not _is_settled(source, seen):
        return None
    last = seen.reports.get(found.subject)
    if found.condition is Condition.SILENT and last is not None and seen.now - last.changed < AFRESH:
        return None  # what is just back has had no time to bring anything
    return Change(report=found, anew=True, about=source)


def _go_on(source: SourceFact, report: Report, seen: Seen, limits: Limits) -> Change | None:
    """Say what has become of a source that people were told of."""
    now = seen.now
    if _is_well(source, report):
        return Change(report=_over(report, now), anew=False, about=source, was=report)
    found = _ailment(source, limits, now)
    if report.condition is Condition.SNOOZED:
        if now - report.changed < SNOOZE or found is None:
            return None
        return Change(report=found, anew=True, about=source, was=report)
    if found is None or (found.condition == report.condition and now - report.changed < BETWEEN):
        return None
    same = (found.condition, found.mark) == (report.condition, report.mark)
    if same and now - report.changed < AFRESH:
        return None
    since = report.since if _is_failure(found) == _is_failure(report) else found.since
    return Change(report=replace(found, since=since), anew=False, about=source, was=report)


def _ailment(source: SourceFact, limits: Limits, now: datetime) -> Report | None:
    """Return what is wrong with a source for long enough to be told."""

    def report(condition: Condition, since: datetime, mark: str = "") -> Report:
        subject = of_source(source.id)
        return Report(subject=subject, condition=condition, mark=mark, since=since, changed=now)

    if source.failing is not None:
        if source.due is None:
            return report(Condition.GONE, source.failing)
        long = source.tries > 1 and now - source.failing >= limits.failing
        return report(Condition.FAILING, source.failing, source.reason) if long else None
    since = source.last_new or source.silent
    if since is None:
        return None
    quiet = now - since >= limits.silent if limits.silent else limits.rhythm and source.silent is not None
    return report(Condition.SILENT, since) if quiet else None


def _is_well(source: SourceFact, report: Report) -> bool:
    """Tell whether a source did what it was missed for."""
    if report.condition is Condition.SNOOZED:
        silent = report.mark.startswith(Condition.SILENT)
    else:
        silent = report.condition is Condition.SILENT
    if silent:
        return source.last_new is not None and source.last_new > report.since
    return source.failing is None and source.good is not None and source.good > report.since


def _is_failure(report: Report) -> bool:
    return report.condition in {Condition.FAILING, Condition.GONE}


def _is_settled(source: SourceFact, seen: Seen) -> bool:
    """Tell whether a source was visited since people watch again, and since the network is back."""
    if source.tried is None:
        return False
    if seen.watching is not None and source.tried <= seen.watching - PAUSE:
        return False
    network = seen.reports.get(NETWORK_SUBJECT)
    return network is None or network.is_open or source.tried > network.changed


def _gone(seen: Seen) -> Iterator[Change]:
    """Yield the end of reports on sources that are not configured any more."""
    known = {of_source(source.id) for source in seen.sources}
    for subject, report in seen.reports.items():
        if source_of(subject) is not None and report.is_open and subject not in known:
            yield Change(report=_over(report, seen.now), anew=False, was=report)


# ---------------------------------------------------------------- the network


def _outage(seen: Seen, limits: Limits) -> Outage | None:
    """Return the sources that fail as they would without a network, when they are most of all."""
    failing = [(since, source) for source in seen.sources if (since := _fails_with_others(source, seen, limits))]
    enough = max(FEWEST, seen.enabled // 2 + 1)
    if len(failing) < enough:
        return None
    failing.sort(key=lambda one: (one[0], one[1].id))
    return Outage(sources=tuple(one for _, one in failing), enabled=seen.enabled, since=failing[enough - 1][0])


def _fails_with_others(source: SourceFact, seen: Seen, limits: Limits) -> datetime | None:
    """Return since when a source fails in a way that may be the network's.

    One that fails for long while others answer does so by itself.
    """
    if source.failing is None or source.tried is None or source.reason not in NETWORK:
        return None
    report = seen.reports.get(of_source(source.id))
    by_itself = seen.answering > 0 and seen.now - source.failing >= limits.failing
    if by_itself or (report is not None and report.is_open):
        return None
    overdue = source.due is None or source.due <= seen.now
    return None if overdue and seen.now - source.tried > LATELY else source.failing


def _network(seen: Seen, outage: Outage | None) -> Change | None:
    """Begin or end the report on the network; what comes back soon after it was over is the same trouble."""
    now, report = seen.now, seen.reports.get(NETWORK_SUBJECT)
    if report is not None and report.is_open:
        return None if outage else Change(report=_over(report, now), anew=False, was=report)
    if outage is None or now - outage.since < PATIENCE:
        return None
    same = report is not None and now - report.changed < AGAIN
    begun = Report(subject=NETWORK_SUBJECT, condition=Condition.OUTAGE, since=outage.since, changed=now)
    return Change(report=begun, anew=not same, about=outage, was=report)


# ---------------------------------------------------------------- messages and ways out


def look_at_letters(letters: DeadLetters | Doubles, reports: Mapping[str, Report], now: datetime) -> Change | None:
    """Return what is to be told of messages that were refused in every form, or that may stand there twice.

    While more come, one message counts them; after AFRESH without any, the next one is news.
    """
    dead = isinstance(letters, DeadLetters)
    subject, condition = (DEAD_LETTERS, Condition.DEAD) if dead else (DOUBLES, Condition.DOUBLED)
    report = reports.get(subject)
    if not letters.number:
        ended = report is not None and report.is_open
        return Change(report=_over(report, now), anew=False, was=report) if report and ended else None
    mark = f"{letters.number} {letters.key}"
    if report is None or not report.is_open or (report.mark != mark and now - report.changed >= AFRESH):
        since, anew = letters.at or now, True
    elif report.mark != mark:
        since, anew = report.since, False
    else:
        return None
    told = Report(subject=subject, condition=condition, mark=mark, since=since, changed=now)
    return Change(report=told, anew=anew, about=letters, was=report)


def look_at_ways(refusals: Iterable[Refusal], reports: Mapping[str, Report], now: datetime) -> tuple[Change, ...]:
    """Return what is to be told of ways out that have refused messages for PATIENCE, or take them again."""
    refusing = {one.subject: one for one in refusals}
    changes = []
    for subject, one in refusing.items():
        report = reports.get(subject)
        if report is not None and report.is_open:
            continue
        if now - one.since >= PATIENCE:
            begun = Report(subject=subject, condition=Condition.REFUSING, since=one.since, changed=now)
            changes.append(Change(report=begun, anew=True, about=one, was=report))
    for subject, report in reports.items():
        if way_out_of(subject) is not None and report.is_open and subject not in refusing:
            changes.append(Change(report=_over(report, now), anew=False, was=report))
    return tuple(changes)


def other_way(subject: str, ops: str, others: Sequence[str], refusing: Collection[str | None]) -> str | None:
    """Return the channel or notifier that can tell of a way out; None when all that there is refuses, too."""
    refused = {*refusing, way_out_of(subject) or None}
    if None not in refused and ops not in refused:
        return ops
    return next((one for one in others if one not in refused), None)


def snoozed(report: Report, now: datetime) -> Report:
    """Return a report that somebody wants to hear of again later."""
    return replace(report, condition=Condition.SNOOZED, mark=f"{report.condition} {report.mark}".strip(), changed=now)


def _over(report: Report, now: datetime) -> Report:
    return replace(report, condition=Condition.OVER, mark="", changed=now)
