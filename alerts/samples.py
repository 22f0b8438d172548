"""Made-up stories and bulletins, to show how messages look and to try wordings on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.bulletin import Bar, Bulletin, Part, Topic, item
from alerts.story import Alert, Field, Headline, Match, Outlet, Severity, Span, Story, Trend

if TYPE_CHECKING:
    from datetime import datetime

_TITLE = "Japan and France agree to open talks on a Reciprocal Access Agreement"
_TEXT = (
    "The two governments said on Monday that talks on a Reciprocal Access Agreement (RAA) would begin in December.\n\n"
    "They also want to work together on rare earths and other critical minerals."
)
_WIRE = Outlet(id="pacific-wire", name="Pacific Wire", host="wire.example", tier=1, country="jp", kind="wire")
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


def bulletins(channel: str, now: datetime) -> dict[Topic, Bulletin]:
    """Return a bulletin of each topic."""
    told = now.strftime("%Y-%m-%d %H:%M UTC")
    talks = item(_TITLE, "https://www.wire.example/world/japan-france-raa", "Pacific Wire +4")
    stockpile = item("EU plans a stockpile of twelve minerals", "https://observer.example/1", "Observer")
    parts = (
        Part(heading="Reciprocal access: 14 stories, usually 5", items=(talks,), more=13),
        Part(heading="Rare earths: 1 story, usually 2", items=(stockpile,)),
    )
    return {
        Topic.DIGEST: Bulletin(
            channel=channel,
            topic=Topic.DIGEST,
            title="morning",
            lead=f"24 h until {told}: 15 stories",
            parts=parts,
            chart=(Bar("Reciprocal access", 14, 5), Bar("Rare earths", 1, 2)),
            foot="Nothing by New Caledonia, which usually finds something.",
        ),
        Topic.SUMMARY: Bulletin(
            channel=channel,
            topic=Topic.SUMMARY,
            title="Held back in the night: 2 messages",
            lead="Quiet hours `night` ended.",
            parts=(Part(heading="Quiet hours", items=(talks, stockpile)),),
        ),
        Topic.STORM: Bulletin(
            channel=channel,
            topic=Topic.STORM,
            title="Storm: 212 messages in 6 min, told in this one",
            lead="Critical ones are told by themselves. It ends after 10 quiet minutes.",
            facts=(("Reciprocal access", "141"), ("Rare earths", "71")),
            parts=(Part(heading="First of them", items=(talks, stockpile), more=210),),
            subject="storm-sample",
        ),
        Topic.HEALTH: Bulletin(
            channel=channel,
            topic=Topic.HEALTH,
            title="Source down for 24 h: Pacific Wire",
            severity=Severity.HIGH,
            facts=(("Last good answer", told), ("Visits since", "41"), ("Last answer", "HTTP 403 Forbidden")),
            parts=(Part(heading="Rules that lose sight", items=(item("Reciprocal access"), item("Rare earths"))),),
            subject="pacific-wire",
        ),
    }


def _found(story: Story, words: str, field: Field) -> tuple[Span, ...]:
    text = story.title if field is Field.TITLE else story.text
    start = text.index(words)
    return (Span(field, start, start + len(words)),)
