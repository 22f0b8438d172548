"""All of it together: whatever comes, nothing is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.budget import overrun
from alerts.routing.calm import Calm, rule_on
from alerts.routing.digest import HeldRow, Line, compose, home_of, next_due
from alerts.routing.hours import is_quiet
from alerts.routing.inhibit import Told, inhibited
from alerts.routing.silence import Matcher, Silence, muted
from alerts.routing.spec import DigestSpec, QuietHours
from alerts.routing.storm import Came, Event, Fold, Looked, Row, Taken, Weather, next_look, step
from alerts.rules.spec import Rate
from alerts.story import Severity
from tests.alerts.routing.makers import facts
from tests.fakes import NOON

PARIS, CHANNEL = ZoneInfo("Europe/Paris"), "#news"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
NIGHT = QuietHours(name="night", start=time(22), end=time(7), zone=PARIS, but=Severity.CRITICAL)
MORNING = DigestSpec(name="morning", at=time(7, 30), zone=PARIS, to=(CHANNEL,))
BUDGET = Rate(count=40, per=HOUR)
MUTED = Silence(id="s1", matcher=Matcher(rules=("muted",)), author="anna", start=NOON, end=NOON + 12 * HOUR)


@dataclass
class Desk:
    """One channel, through its days."""

    digests: tuple[DigestSpec, ...]
    now: datetime = NOON
    weather: Weather = field(default_factory=Weather)
    told_days: dict[str, date] = field(default_factory=dict)
    queued: list[tuple[datetime, str]] = field(default_factory=list)
    loud: list[Told] = field(default_factory=list)
    held: list[HeldRow] = field(default_factory=list)
    summaries: list[tuple[datetime, HeldRow]] = field(default_factory=list)  # without a digest: when each is told
    fates: dict[str, list[str]] = field(default_factory=dict)

    def tell(self, event: Event) -> None:
        self.weather, actions = step(self.weather, event, self.now)
        for action in actions:
            if isinstance(action, Fold):
                for key in action.keys:
                    self.fates[key].append("storm")
                    self.queued = [pair for pair in self.queued if pair[1] != key]

    def come(self, rule: str, severity: Severity, event: int) -> None:
        key = f"k{len(self.fates)}"
        self.fates[key] = []
        one, group = facts(rule=rule, severity=severity), len(self.fates)
        ruling = rule_on(
            muted=muted([MUTED], one, self.now),
            inhibited=inhibited(self.loud, event=event, group=group, channel=CHANNEL, severity=severity, now=self.now),
            hush=is_quiet([NIGHT], CHANNEL, severity, self.now),
            overrun=overrun(BUDGET, (at for at, _ in self.queued), severity, self.now),
        )
        critical = severity >= Severity.CRITICAL
        if ruling.calm is Calm.SENT:
            if critical:
                told = Told(key=key, event=event, group=group, channel=CHANNEL, severity=severity, at=self.now)
                self.loud.append(told)
            else:
                self.queued.append((self.now, key))
            self.tell(Came([Row(key=key, rules=frozenset({rule}), critical=critical)]))
        elif ruling.calm.waits:
            assert not critical
            assert ruling.until is not None
            line = Line(story=group, title=key, url=None, outlet="x", severity=severity, seen=self.now)
            row = HeldRow(key=key, reason=ruling.calm, says=ruling.says, line=line)
            if home_of(CHANNEL, self.digests, self.told_days, self.now):
                self.held.append(row)
            else:
                self.summaries.append((ruling.until, row))
        else:
            assert ruling.says
            self.fates[key].append(str(ruling.calm))

    def wait(self, seconds: int) -> None:
        """Let time pass: a message a second goes out, and digests and summaries when they are due."""
        until = self.now + seconds * SECOND
        while self.weather.pending and self.now < until:
            row = min(self.weather.pending, key=lambda row: not row.critical)
            self.fates[row.key].append("alone")
            self.tell(Taken(row.key))
            self.now += SECOND
        while (at := next_look(self.weather)) is not None and at <= until:
            self.now = max(self.now, at)
            self.tell(Looked())
        self.now = until
        for spec in self.digests:
            due = next_due(spec, self.told_days.get(spec.name), self.now)
            if due.at <= self.now:
                self.told_days[spec.name] = due.day
                self.digest(spec, due.day)
        for at, held in self.summaries:
            if at <= self.now:
                self.fates[held.key].append("summary")
        self.summaries = [(at, held) for at, held in self.summaries if at > self.now]

    def digest(self, spec: DigestSpec, day: date) -> None:
        said = compose(spec, day=day, since=NOON, until=self.now, tallies=(), held=self.held)
        for held in (one for group in said.held for one in group.rows):
            self.fates[held.key].append("digest")
        self.held = []


COME = st.tuples(
    st.sampled_from(["raa", "eu", "us", "muted"]), st.sampled_from(Severity), st.integers(1, 4), st.integers(1, 12)
)
WAIT = st.sampled_from([0, 1, 5, 60, 400, 3600, 20_000])


@given(st.booleans(), st.lists(st.tuples(COME, WAIT), max_size=40))
def test_everything_is_told_once_in_one_way_and_what_is_critical_by_itself(
    digests: bool, doings: list[tuple[tuple[str, Severity, int, int], int]]
) -> None:
    desk = Desk(digests=(MORNING,) if digests else (), told_days={"morning": NOON.date()})
    grave = set()
    for (rule, severity, event, count), seconds in doings:
        for _ in range(count):
            desk.come(rule, severity, event)
            if severity is Severity.CRITICAL:
                grave.add(f"k{len(desk.fates) - 1}")
        desk.wait(seconds)
    for _ in range(3):
        desk.wait(86_400)
    assert all(len(ways) == 1 for ways in desk.fates.values()), desk.fates
    assert {desk.fates[key][0] for key in grave} <= {"alone", "silenced"}
