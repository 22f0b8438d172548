"""Made-up stories and bulletins, to show how messages look and to try wordings on."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from alerts.bulletin import Topic
from alerts.bulletins import of_digest, of_held, of_storm
from alerts.health import Change, Condition, Report, SourceFact, of_source
from alerts.health_cards import Setting
from alerts.health_cards import compose as health_card
from alerts.policy import Reason
from alerts.routing.digest import HeldRow, Line, Tally, compose
from alerts.routing.spec import DigestSpec
from alerts.routing.storm import Storm
from alerts.story import Alert, Field, Headline, Match, Outlet, Severity, Span, Story, Trend
from alerts.tuning.trial import Trial, Unsent, Week, of_trials

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.bulletin import Bulletin
    from alerts.routing.digest import Digest

_TITLE = "Japan and France agree to open talks on a Reciprocal Access Agreement"
_TEXT = (
    "The two governments said on Monday that talks on a Reciprocal Access Agreement (RAA) would begin in December.\n\n"
    "They also want to work together on rare earths and other critical minerals."
)
_WIRE = Outlet(id="pacific-wire", name="Pacific Wire", host="wire.example", tier=1, country="jp", kind="wire")
_PAPER = Outlet(id="observer", name="Observer", host="observer.example")
_ZONE = ZoneInfo("UTC")
_SETTING = Setting(channel="", zone=_ZONE, meaning=lambda _: "The server refuses us the address (403).")
_BLOG = Outlet(id="harbour-notes", name="Harbour Notes", host="blog.example")


def full_alert(channel: str, now: datetime) -> Alert:
    """Return an alert that has everything: several rules, words, other outlets, a date."""
    story = Story(
        id=1,
        outlet=_WIRE,
        url="https://www.wire.example/world/japan-france-raa",
        title=_TITLE,
        text=_TEXT,
        language="en",
        published=now - timedelta(minutes=9),
        seen=now,
    )
    raa = _found(story, "Reciprocal Access Agreement", Field.TITLE) + _found(story, "RAA", Field.TEXT)
    matches = (
        Match(rule="raa-watch", name="Reciprocal access", severity=Severity.HIGH, spans=raa),
        Match(
            rule="rare-earths",
            name="Rare earths",
            severity=Severity.NOTICE,
            spans=_found(story, "rare earths", Field.TEXT),
        ),
    )
    also = (
        Outlet(id="morning-star", name="共同ニュース", host="morning.example"),
        Outlet(id="le-matin", name="Le Matin du Pacifique", host="matin.example"),
    )
    return Alert(channel=channel, story=story, matches=matches, also=also)


def bare_alert(channel: str, now: datetime) -> Alert:
    """Return an alert of which hardly anything is known: no address, no date, no text, no language."""
    story = Story(id=2, outlet=_BLOG, url=None, title="Talks on a Reciprocal Access Agreement", text="", seen=now)
    match = Match(rule="raa-watch", name="Reciprocal access", severity=Severity.HIGH)
    return Alert(channel=channel, story=story, matches=(match,))


def stream_alert(channel: str, now: datetime) -> Alert:
    """Return an alert about many stories together."""
    one = full_alert(channel, now)
    trend = Trend(
        condition="spike",
        says="12 stories in 1 h, usually 2 (median of 14 windows in 14 d, this hour of the day)",
        number=12,
        usual=2,
        top=(
            Headline(title="Manila ratifies its own agreement", url="https://inquirer.example/1", outlet="Inquirer"),
            Headline(title="Paris names a negotiator", url="https://matin.example/2", outlet="Le Matin du Pacifique"),
        ),
        more=9,
    )
    return Alert(channel=channel, story=one.story, matches=one.matches[:1], trend=trend)


def copy_alert(channel: str, now: datetime) -> Alert:
    """Return what another outlet's report of the first story brings, as it stands in its thread."""
    outlet = Outlet(id="le-matin", name="Le Matin du Pacifique", host="matin.example", tier=2, country="fr")
    story = Story(
        id=3,
        outlet=outlet,
        url="https://matin.example/2",
        title="Paris confirms a first round on 3 December",
        text="The ministry names a negotiator for the Reciprocal Access Agreement.",
        language="en",
        published=now - timedelta(minutes=2),
        seen=now,
    )
    spans = _found(story, "Reciprocal Access Agreement", Field.TEXT)
    match = Match(rule="raa-watch", name="Reciprocal access", severity=Severity.HIGH, spans=spans)
    return Alert(channel=channel, story=story, matches=(match,))


def bulletins(channel: str, now: datetime, setting: Setting = _SETTING) -> dict[Topic, Bulletin]:
    """Return a bulletin of each topic, made as those are that are sent, in the zone of ``setting``."""
    talks = _line(1, _TITLE, _WIRE, now, url="https://www.wire.example/world/japan-france-raa", others=4)
    stockpile = _line(2, "EU plans a stockpile of twelve minerals", _PAPER, now, url="https://observer.example/1")
    more = [_line(3 + n, f"Reciprocal access, report {n + 1} of 13", _PAPER, now) for n in range(13)]
    rows = [("Reciprocal access", talks), ("Rare earths", stockpile), *(("Reciprocal access", line) for line in more)]
    held = [
        HeldRow(key=line.title, reason=Reason.QUIET_HOURS, says="quiet hours `night`", line=line)
        for line in (talks, stockpile)
    ]
    on_trial = Trial(rule="raa-watch", name="Reciprocal access", channels=(channel,), unsent=(_unsent(talks, channel),))
    week = Week(since=now - timedelta(days=7), until=now, zone=setting.zone)
    return {
        Topic.DIGEST: of_digest(_digest([talks, *more], [stockpile], now), channel, setting.zone)[0],
        Topic.SUMMARY: of_held(held, channel)[0],
        Topic.STORM: of_storm(_storm(len(rows), now), rows, channel),
        Topic.HEALTH: health_card(_down(now), replace(setting, channel=channel), ("Reciprocal access", "Rare earths")),
        Topic.TRIAL: of_trials([on_trial], channel, week)[0],
    }


def _digest(talks: Sequence[Line], minerals: Sequence[Line], now: datetime) -> Digest:
    tallies = (
        Tally(rule="raa-watch", name="Reciprocal access", usual=5, lines=tuple(talks)),
        Tally(rule="rare-earths", name="Rare earths", usual=2, lines=tuple(minerals)),
        Tally(rule="new-caledonia", name="New Caledonia", usual=1),
    )
    spec = DigestSpec(name="morning", at=time(7, 30), zone=_ZONE, to=())
    since = now - timedelta(days=1)
    return compose(spec, day=now.date(), since=since, until=now, tallies=tallies, held=())


def _unsent(line: Line, channel: str) -> Unsent:
    return Unsent(channel=channel, line=line, code="0ANGVE4FQCJJA")


def _line(number: int, title: str, outlet: Outlet, now: datetime, *, url: str | None = None, others: int = 0) -> Line:
    severity = Severity.HIGH if number == 1 else Severity.NOTICE
    return Line(story=number, title=title, url=url, outlet=outlet.name, others=others, severity=severity, seen=now)


def _storm(number: int, now: datetime) -> Storm:
    folded = tuple(map(str, range(number)))
    why = f"{number} messages came in 5 min"
    return Storm(key="storm-sample", since=now, stormy=now, rules=None, folded=folded, written=now, why=why)


def _down(now: datetime) -> Change:
    """Return that a source has failed for more than a day."""
    since = now - timedelta(hours=26)
    source = SourceFact(
        id=_WIRE.id,
        name=_WIRE.name,
        host=_WIRE.host,
        tried=now,
        good=since,
        failing=since,
        tries=41,
        reason="http-403",
        detail="403 Forbidden",
        due=now + timedelta(hours=1),
    )
    report = Report(subject=of_source(source.id), condition=Condition.FAILING, since=since, changed=now)
    return Change(report=report, anew=True, about=source)


def _found(story: Story, words: str, field: Field) -> tuple[Span, ...]:
    text = story.title if field is Field.TITLE else story.text
    start = text.index(words)
    return (Span(field, start, start + len(words)),)
