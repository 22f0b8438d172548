"""Titles and names that want to ping or deceive, through every kind of message, as Slack would take and show them."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, date, time, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from alerts.bulletins import of_digest, of_held, of_storm, of_storm_pages
from alerts.face import face_for
from alerts.health import Change, Condition, DeadLetters, Outage, Refusal, Report, SourceFact, of_source
from alerts.health_cards import Differences, Setting, compose, of_changes, of_pause, of_refused
from alerts.health_cards import Pause as Unwatched
from alerts.outbox import Kind, State
from alerts.routing.digest import HeldRow, Line, Tally
from alerts.routing.digest import compose as compose_digest
from alerts.routing.spec import DigestSpec, Style
from alerts.routing.storm import Storm
from alerts.slack.blocks import Rung
from alerts.slack.client import SlackNotifier, open_session
from alerts.story import Headline, Severity, Trend
from tests.fakes import NOON, FakeClock, outlet, story
from tests.fakes_outbox import alert, delivery, match
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from alerts.bulletin import Bulletin
    from alerts.outbox import Delivery

LOG = logging.getLogger("test")
PINGS = (
    "<!channel> talks",
    "<!here|x> <@U0ALICE001> <!subteam^S1|team>",
    "@everyone @channel @here #general",
    "<#C0NEWS0001|news> <!date^0^{date}|x>",
    "&lt;!channel&gt; &amp;lt;!channel&amp;gt;",
)
LURES = (
    "<https://evil.example|https://reuters.example>",
    "reuters.example says: www.bank.example/login",
    "https://reuters.example@evil.example/",
    "talks \u202egnp.exe\u202c \u200bhidden\u2066",
    "*bold* _slanted_ ~gone~ `code` ```block``` > quote",
)
NAMES = (*PINGS, *LURES)
ADDRESSES = (
    "https://evil.example/a",
    "https://reuters.example@evil.example/",
    "javascript:alert(1)",
    "https://xn--80ak6aa92e.example/<!channel>",
    None,
)


def address(number: int) -> str | None:
    return ADDRESSES[number % len(ADDRESSES)]


def lines() -> tuple[Line, ...]:
    return tuple(
        Line(story=n, title=name, url=address(n), outlet=name, others=n, severity=Severity.HIGH, seen=NOON)
        for n, name in enumerate(NAMES)
    )


def cards() -> list[Delivery]:
    """Cards in full and in brief, with a trend, a new headline and further outlets; and notes below them."""
    made = []
    for n, name in enumerate(NAMES):
        teller = outlet(name=name, host="reuters.example")
        told = story(name, text=f"{name} rare earths {name}", outlet=teller, url=address(n) or "", authors=(name,))
        trend = Trend(condition="count", says=name, number=3, top=(Headline(title=name, url=address(n), outlet=name),))
        plain = alert(told, matches=(match(name=name),), also=(outlet(id="b", name=name),), retitled=name)
        made += [
            delivery(of=plain),
            delivery(of=plain, style=Style.COMPACT),
            delivery(of=replace(plain, trend=trend, retitled=None)),
            delivery(of=replace(plain, retitled=None, before=name, outdated=True)),
            delivery(of=plain, remark=name),
            delivery(of=plain, note=name, kind=Kind.REPLY),
        ]
    return made


def bulletins() -> list[Bulletin]:
    """Storms with their pages, digests, summaries, and every message about health."""
    rows = [(line.title, line) for line in lines()]
    storm = Storm(key="storm-K", since=NOON, stormy=NOON, rules=None, written=NOON, why=" ".join(PINGS))
    spec = DigestSpec(name=NAMES[0], at=time(7), zone=ZoneInfo("UTC"), to=("#news",))
    held = [HeldRow(key=str(n), reason="quiet-hours", says=NAMES[n], line=line) for n, line in enumerate(lines())]
    tallies = [Tally(rule=name, name=name, usual=1.0, lines=lines()) for name in NAMES]
    day, since = date(2026, 11, 2), NOON - timedelta(days=1)
    digest = compose_digest(spec, day=day, since=since, until=NOON, tallies=tallies, held=held)
    made = [of_storm(storm, rows, "#news"), of_storm(storm, rows, "#news", over=NAMES[0])]
    made += [*of_storm_pages(storm, rows, "#news", 1), *of_digest(digest, "#news", spec.zone), *of_held(held, "#news")]
    return made + health()


def health() -> list[Bulletin]:
    setting = Setting(channel="#news", zone=UTC, meaning=lambda reason: reason)
    made = []
    for name in NAMES:
        about = Report(subject=of_source(name), condition=Condition.FAILING, since=NOON, changed=NOON)
        source = SourceFact(id=name, name=name, host=name, reason=name, detail=name, tried=NOON, failing=NOON)
        facts: tuple[Any, ...] = (
            source,
            Outage(sources=(source,) * 3, enabled=4, since=NOON),
            DeadLetters(number=2, key=name, channel=name, detail=name, at=NOON),
            Refusal(channel=name, since=NOON, reason=name, waiting=3),
            None,
        )
        made += [compose(Change(report=about, anew=True, about=one), setting, blind=NAMES) for one in facts]
        made += [
            of_refused([name], 1, NOON, setting),
            of_changes(Differences(facts=((name, name),), at=NOON), setting),
            of_pause(Unwatched(since=NOON - timedelta(days=2), until=NOON), setting),
        ]
    return made


@pytest.mark.parametrize("buttons", [False, True])
async def test_no_message_of_any_kind_pings_anybody_or_leads_elsewhere_than_it_says(buttons: bool) -> None:
    clock = FakeClock()
    async with SlackStandin(Options(now=clock.now)) as slack:
        session = open_session()
        notifier = SlackNotifier("xoxb-test", slack.api_url, session, clock=clock, log=LOG, buttons=buttons)
        told = [*cards(), *(delivery(of=alert(), content=one) for one in bulletins())]
        root = await notifier.send(delivery("ROOT"), face_for(delivery("ROOT")))
        shown = []
        for number, (one, rung) in enumerate(product(told, Rung)):
            parent = root if one.kind is Kind.REPLY else None
            sent = replace(one, key=f"K{number}", rung=rung, parent=parent)
            receipt = await notifier.send(sent, face_for(sent, notice=NAMES[number % len(NAMES)]))
            shown.append(replace(sent, state=State.SENT, receipt=receipt))
        posted = slack.report()
        for one in shown:
            await notifier.edit(one, face_for(one))
        await notifier.close()
    assert len(slack.channel("news").messages) == 1 + len(shown) > 100
    assert {call.answer for call in slack.journal} == {"ok"}
    for report in (posted, slack.report()):
        assert report.mentions == ()
        assert report.deceptive == ()
