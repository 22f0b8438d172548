"""What messages about the health of sources, ways out and Tocsin itself say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin, Part, Topic, item, tidied
from alerts.health import (
    DOUBLES,
    Condition,
    DeadLetters,
    Doubles,
    Outage,
    Refusal,
    SourceFact,
    source_of,
    way_out_of,
)
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from alerts.health import Change, Report

NAMED = 12  # sources of an outage, and problems of a configuration
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a message is written with."""

    channel: str
    zone: tzinfo  # in which times are shown
    meaning: Callable[[str], str]  # of the reason of a failed visit, in a sentence

    def at(self, moment: datetime | None) -> str:
        """Write a time to the minute."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M} {self.zone}" if moment else "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """What a new configuration changes, by what it is about: "rules added" and their ids."""

    facts: tuple[tuple[str, str], ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A time in which nobody watched, and what was found after it."""

    since: datetime
    until: datetime
    stories: int = 0  # found since
    read: int = 0  # sources that answered since
    enabled: int = 0

    @property
    def is_caught_up(self) -> bool:
        """Whether every source answered since."""
        return self.read >= self.enabled


def lasting(span: timedelta) -> str:
    """Return a span as people say it: ``45 min``, ``26 h``, ``3 days``."""
    if span < _HOUR:
        return f"{max(span // _MINUTE, 1)} min"
    return f"{round(span / _HOUR)} h" if span < 2 * _DAY else f"{round(span / _DAY)} days"


def compose(change: Change, setting: Setting, blind: Sequence[str] = ()) -> Bulletin:
    """Return what the message of a change says; ``blind`` are the rules that lose sight by it."""
    match change.about:
        case SourceFact() as source:
            told = _of_source(change, source, setting, blind)
        case Outage() as outage:
            told = _of_outage(change.report, outage, setting)
        case DeadLetters() as dead:
            told = _of_dead(change.report, dead, setting)
        case Doubles() as doubles:
            told = _of_doubles(change.report, doubles, setting)
        case Refusal() as refusal:
            told = _of_refusal(change.report, refusal, setting)
        case None:
            told = _of_end(change.report, setting)
    return tidied(told)


# ---------------------------------------------------------------- sources


def _of_source(change: Change, source: SourceFact, setting: Setting, blind: Sequence[str]) -> Bulletin:
    report, was = change.report, change.was
    if report.condition is Condition.OVER:
        return _of_recovery(source, report, was, setting)
    if report.condition is Condition.SILENT:
        return _of_silence(source, report, setting, blind)
    gone = report.condition is Condition.GONE
    span = lasting(report.changed - report.since)
    facts = [
        ("Last good answer", setting.at(source.good)),
        ("Tries since", f"{source.tries}, " + ("and no more" if gone else f"the next {setting.at(source.due)}")),
        ("Last answer", f"{source.reason} {source.detail}".strip()),
    ]
    lead = "it says that it is gone for good, and is visited no more until its entry changes" if gone else ""
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title=f"Source gone: {source.name}" if gone else f"Source down for {span}: {source.name}",
        lead=lead or setting.meaning(source.reason),
        facts=(*facts, *_sight(blind)),
        foot=_foot(source),
        subject=source.id,
    )


def _of_silence(source: SourceFact, report: Report, setting: Setting, blind: Sequence[str]) -> Bulletin:
    usual = (("Usually", f"a story every {lasting(source.usual)}"),) if source.usual else ()
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title=f"Source silent for {lasting(report.changed - report.since)}: {source.name}",
        lead="it answers as it should, and has nothing new",
        facts=(("Last new story", setting.at(source.last_new)), *usual, *_sight(blind)),
        foot=_foot(source),
        subject=source.id,
    )


def _of_recovery(source: SourceFact, report: Report, was: Report | None, setting: Setting) -> Bulletin:
    silent = was is not None and (was.condition is Condition.SILENT or was.mark.startswith(Condition.SILENT))
    back = (source.last_new if silent else source.good) or report.changed
    how = "speaks again" if silent else "is back"
    span = lasting(back - report.since)
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title=f"{source.name} {how} after {span}",
        severity=Severity.INFO,
        facts=(("From", setting.at(report.since)), ("Until", setting.at(back))),
    )


def _sight(blind: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return (("Rules that lose sight", ", ".join(blind)),) if blind else ()


def _foot(source: SourceFact) -> str:
    return f"tocsin sources show {source.id}"


# ---------------------------------------------------------------- what is about more


def _of_outage(report: Report, outage: Outage, setting: Setting) -> Bulletin:
    hosts = {one.host for one in outage.sources}
    number = len(outage.sources)
    whose = f"all are at {min(hosts)}" if len(hosts) == 1 else "the network, the name server or the proxy may be down"
    lines = tuple(item(one.name, remark=one.reason) for one in outage.sources[:NAMED])
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title=f"Most sources fail together: {number} of {outage.enabled}",
        severity=Severity.HIGH,
        lead=f"since {setting.at(report.since)}: {whose}; there are no messages about single ones meanwhile",
        parts=(Part(heading="They fail with", items=lines, more=number - len(lines)),),
    )


def _of_dead(report: Report, dead: DeadLetters, setting: Setting) -> Bulletin:
    one = dead.number == 1
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title="1 message was refused" if one else f"{dead.number} messages were refused",
        severity=Severity.HIGH,
        lead="in every form they have: nobody gets them until they are sent again",
        facts=(
            ("The last, at", setting.at(dead.at or report.since)),
            ("To", dead.channel),
            ("Answer", dead.detail or "unknown"),
            ("Its key", dead.key),
        ),
        foot="when what is wrong is mended: tocsin outbox replay --dead",
    )


def _of_doubles(report: Report, doubles: Doubles, setting: Setting) -> Bulletin:
    one = doubles.number == 1
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title="1 message may stand twice" if one else f"{doubles.number} messages may stand twice",
        lead="sent again after an unclear answer; for a day nobody could look for a copy of it, or take it away",
        facts=(
            ("The last, given up at", setting.at(doubles.at or report.since)),
            ("In", doubles.channel),
            ("Answer", doubles.detail or "unknown"),
            ("Its key", doubles.key),
        ),
        foot="tocsin slack check says what is wrong in Slack; a copy that stands there can be deleted by hand",
    )


def _of_refusal(report: Report, refusal: Refusal, setting: Setting) -> Bulletin:
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title=f"{_way(refusal.channel)} {'refuses messages' if refusal.answers else 'cannot be reached'}",
        severity=Severity.HIGH,
        lead="somebody has to mend it; what waits is sent then"
        if refusal.answers
        else "no message has got through since then; what waits is sent as soon as one does",
        facts=(
            ("Since", setting.at(report.since)),
            ("Waiting", str(refusal.waiting)),
            ("Answer", refusal.reason),
        ),
        foot="tocsin outbox list --state pending; tocsin slack check says what is wrong in Slack",
    )


def _of_end(report: Report, setting: Setting) -> Bulletin:
    span = lasting(report.changed - report.since)
    way, source = way_out_of(report.subject), source_of(report.subject)
    if source is not None:
        title = f"{source} is not watched any more"
    elif way is not None:
        title = f"{_way(way or None)} takes messages again after {span}"
    elif report.subject == "network":
        title = f"Most sources answer again after {span}"
    elif report.subject == DOUBLES:
        title = "No message of the last week may stand twice"
    else:
        title = "No message is left that was refused"
    return Bulletin(
        channel=setting.channel,
        topic=Topic.HEALTH,
        title=title,
        severity=Severity.INFO,
        facts=(("From", setting.at(report.since)), ("Until", setting.at(report.changed))),
    )


def _way(channel: str | None) -> str:
    return channel or "The main way out"


# ---------------------------------------------------------------- the configuration and the program


def of_refused(problems: Sequence[str], more: int, at: datetime, setting: Setting) -> Bulletin:
    """Return what the message about a configuration with mistakes says; ``more`` are those that are not named."""
    number = len(problems) + more
    lines = tuple(item(one) for one in problems)
    return tidied(
        Bulletin(
            channel=setting.channel,
            topic=Topic.HEALTH,
            title=f"The changed configuration was refused: {number} mistake{'s' * (number != 1)}",
            lead=f"at {setting.at(at)}; the one from before stays in force",
            parts=(Part(heading="", items=lines, more=more),),
            foot="tocsin check lists every mistake, with its line and the way out",
        )
    )


def of_changes(differences: Differences, setting: Setting, refused_since: datetime | None = None) -> Bulletin:
    """Return what the message about a configuration says that is in force; before it one may have been refused."""
    sound = f"; one was refused at {setting.at(refused_since)}, and it is sound again" if refused_since else ""
    return tidied(
        Bulletin(
            channel=setting.channel,
            topic=Topic.HEALTH,
            title="The configuration is sound again" if refused_since else "A new configuration is in force",
            severity=Severity.INFO,
            lead=f"since {setting.at(differences.at)}{sound}",
            facts=differences.facts or (("Changed", "nothing"),),
        )
    )


def of_pause(pause: Pause, setting: Setting) -> Bulletin:
    """Return what the message about a time says in which nobody watched."""
    found = f"{pause.stories} new stor{'y' if pause.stories == 1 else 'ies'}"
    return tidied(
        Bulletin(
            channel=setting.channel,
            topic=Topic.HEALTH,
            title=f"Nobody watched for {lasting(pause.until - pause.since)}",
            lead="Tocsin did not run; what sources still list is read now, and where it is much, told together",
            facts=(
                ("From", setting.at(pause.since)),
                ("Until", setting.at(pause.until)),
                ("Read since", f"{min(pause.read, pause.enabled)} of {pause.enabled} sources, {found}"),
            ),
            foot="what came and left a source's list meanwhile is not known; tocsin sources show counts such gaps",
        )
    )
