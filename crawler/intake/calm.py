"""What becomes of a message in its channel: below which other one it stands, and whether it is kept back for now."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.outbox import way_of
from alerts.policy import Reason
from alerts.routing.budget import overrun
from alerts.routing.calm import Calm, rule_on
from alerts.routing.facts import Facts
from alerts.routing.hours import is_quiet
from alerts.routing.inhibit import SPAN, Told, inhibited
from alerts.routing.route import flush_at
from alerts.routing.silence import muted
from alerts.routing.spec import RoutingSpec, Style
from alerts.story import Severity
from alerts.stream import spoken
from alerts.thread import Thread, Voice, choose, speak

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from alerts.judge import Finding
    from alerts.routing.budget import Overrun
    from alerts.routing.hours import Hush
    from alerts.routing.inhibit import Inhibited
    from alerts.routing.silence import Silence
    from alerts.routing.spec import GroupSpec
    from alerts.story import Match, Story
    from crawler.store.calm_plan import CalmMemory

_KEPT_BACK = {
    Calm.SILENCED: Reason.SILENCED,
    Calm.QUIET_HOURS: Reason.QUIET_HOURS,
    Calm.OVER_BUDGET: Reason.OVER_BUDGET,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How what rules find is told."""

    same_story: timedelta = timedelta(hours=72)  # how far apart copies of one story may be seen
    hold: timedelta = timedelta(seconds=30)  # how long an alert waits for its story's page
    thread_life: timedelta = timedelta(days=14)  # how long a message is one to say more below
    routing: RoutingSpec = field(default_factory=RoutingSpec)
    style: Style = Style.FULL  # of cards whose route names none
    template: str | None = None
    rules: Mapping[str, str] = field(default_factory=dict)  # names by id, of those that are switched on


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A version of a story, and where it belongs."""

    story: Story
    group: int  # of copies
    event: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a match is told in a channel, or what keeps it back."""

    reason: Reason
    voice: Voice = Voice.CARD
    parent: str | None = None  # the message in whose thread it stands
    says: str = ""
    until: datetime | None = None  # when what keeps it back ends

    @property
    def may_ride_along(self) -> bool:
        """Whether it is told after all when the channel is told of the same story anyway."""
        return self.reason.is_of_channel


def hush_of(spec: RoutingSpec, channel: str, severity: Severity, now: datetime) -> Hush | None:
    """Return the quiet hours that keep a message from a channel; programs are told at any hour."""
    return None if way_of(channel) else is_quiet(spec.quiet_hours, channel, severity, now)


class Channels:
    """One transaction's memory of channels, which grows with what is planned."""

    def __init__(self, manner: Manner, now: datetime) -> None:
        self._spec = manner.routing
        self._now = now
        self._thread_life = manner.thread_life

        self._memory: CalmMemory | None = None
        self._silences: Sequence[Silence] = ()
        self._asked: set[tuple[str, int]] = set()  # ("group" | "event", id)
        self._threads: dict[str, Thread] = {}  # by the key of the first message
        self._critical: dict[int, list[Told]] = {}  # by event
        self._sent: dict[str, list[datetime]] = {}  # by channel
        self._company: dict[str, datetime] = {}  # channels where something waits for company, and until when

    def remember(self, memory: CalmMemory) -> None:
        """Ask this memory from now on."""
        self._memory = memory
        self._silences = memory.silences(self._now)

    def thread(self, channel: str, about: Subject) -> Thread | None:
        """Return the thread in a channel where more about a story belongs."""
        if self._memory is None or way_of(channel):
            return None  # to a program each message is one of its own
        groups, events = {about.group}, set() if about.event is None else {about.event}
        asked = {*(("group", one) for one in groups), *(("event", one) for one in events)}
        if not asked <= self._asked:
            self._asked |= asked
            found = self._memory.threads(groups, events, self._now - self._thread_life)
            self._threads |= {one.key: one for one in found if one.key not in self._threads}
        return choose(self._threads.values(), channel, about.group, about.event)

    def decide(
        self, finding: Finding, channel: str, about: Subject, reason: Reason, same_story: timedelta | None
    ) -> Telling:
        """Say how a match is told that nothing about its story keeps back."""
        thread = self.thread(channel, about)
        speaking = speak(thread, finding.match, same_story, self._now)
        telling = Telling(
            reason=reason, voice=speaking.voice, parent=thread.key if thread else None, says=speaking.says
        )
        return self._calmed(finding, channel, about, telling)

    def _calmed(self, finding: Finding, channel: str, about: Subject, telling: Telling) -> Telling:
        severity, by_itself = finding.match.severity, telling.voice is not Voice.REPLY
        facts, is_ours = finding.facts or Facts.of(finding.match, about.story), way_of(channel) is None
        hush = hush_of(self._spec, channel, severity, self._now)
        loud = self._inhibitor(channel, about, severity) if by_itself and hush is None else None
        ruling = rule_on(
            muted=muted(self._silences, facts, self._now),
            inhibited=loud,
            hush=hush,
            overrun=self._overrun(channel, severity) if is_ours and by_itself and loud is None else None,
        )
        if kept := _KEPT_BACK.get(ruling.calm):
            return Telling(reason=kept, says="; ".join((ruling.says, *ruling.further)), until=ruling.until)
        if loud:
            return Telling(reason=Reason.INHIBITED, voice=Voice.REPLY, parent=loud.by.key, says=loud.says)
        if telling.voice is Voice.CARD and (until := self._company_until(finding, channel)):
            says = _company(finding.spec.group)
            return Telling(reason=Reason.GROUPED, says=says, until=until)
        return telling

    def _inhibitor(self, channel: str, about: Subject, severity: Severity) -> Inhibited | None:
        if self._memory is None or about.event is None or way_of(channel):
            return None
        if about.event not in self._critical:
            self._critical[about.event] = list(self._memory.critical([about.event], self._now - SPAN))
        return inhibited(
            self._critical[about.event],
            event=about.event,
            group=about.group,
            channel=channel,
            severity=severity,
            now=self._now,
        )

    def _overrun(self, channel: str, severity: Severity) -> Overrun | None:
        if self._memory is None or self._spec.budget is None:
            return None
        if channel not in self._sent:
            self._sent[channel] = list(self._memory.sent(channel, self._now - self._spec.budget.per))
        return overrun(self._spec.budget, self._sent[channel], severity, self._now)

    def _company_until(self, finding: Finding, channel: str) -> datetime | None:
        """Return until when a message waits for others that are told with it; None when it does not."""
        group = finding.spec.group
        if self._memory is None or group is None or finding.match.severity >= Severity.CRITICAL:
            return None
        if channel not in self._company:
            waits = [one.until for one in self._memory.held([channel]) if one.reason is Reason.GROUPED and one.until]
            new = flush_at(group, self._now, self._memory.flushed(channel))
            self._company[channel] = min(waits, default=new)
        return self._company[channel]

    def queue(self, key: str, channel: str, about: Subject, telling: Telling, matches: Sequence[Match]) -> None:
        """Take note of a message that was planned."""
        severity = max(match.severity for match in matches)
        rules = {match.rule: self._now for match in matches}
        if telling.parent is None and way_of(channel) is None:
            self._threads[key] = Thread(
                key=key,
                channel=channel,
                group=about.group,
                event=about.event,
                begun=self._now,
                severity=severity,
                rules=rules,
            )
        elif known := self._threads.get(telling.parent or ""):
            grown = replace(known, severity=max(known.severity, severity), rules={**known.rules, **rules})
            self._threads[known.key] = grown
        if severity < Severity.CRITICAL:
            if telling.voice is not Voice.REPLY and channel in self._sent:
                self._sent[channel].append(self._now)
        elif about.event is not None and about.event in self._critical:
            told = Told(
                key=telling.parent or key,
                event=about.event,
                group=about.group,
                channel=channel,
                severity=severity,
                at=self._now,
                title=about.story.title,
            )
            self._critical[about.event].append(told)


def _company(group: GroupSpec | None) -> str:
    """Say what a route asks for, in words that stay true when the time is over."""
    asked = f"{{wait: {spoken(group.wait)}, interval: {spoken(group.interval)}}}" if group else ""
    return f"told together, as `group: {asked}` of the route asks"
