from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from alerts.routing.silence import Matcher, Silence
from alerts.slack.desk import Audit
from tests.crawler.why.town import HOUR, MINUTE, TOKYO, Item, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from pathlib import Path

    from crawler.why.chain import Chain
    from tests.crawler.why.town import Town

CONFIG = """
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml"}}
  - {{id: gazette, name: Gazette, kind: feed, url: "WEB/gazette/feed.xml"}}
  - {{id: pages, name: Pages, kind: feed, url: "WEB/pages/feed.xml", fulltext: always}}
routes:
  - {{match: {{rules: [company]}}, to: ["#group"], group: {{wait: 10m, interval: 20m}}}}
quiet_hours:
  - {{name: night, channels: ["#night"], between: "{start}-{end}"}}
budgets: {{per_channel: 2/h}}
rules:
  - {{id: cobalt, when: cobalt}}
  - {{id: muted, when: zinc, to: "#flaky"}}
  - {{id: hushed, when: nickel, to: "#night"}}
  - {{id: company, when: gallium}}
  - {{id: many, when: copper, to: "#duty"}}
  - {{id: war, when: invasion, severity: critical, to: "#parked"}}
  - {{id: border, when: border, to: "#parked"}}
  - {{id: accord, when: accord, to: "#refusing"}}
  - {{id: paris, when: paris, to: "#refusing"}}
  - {{id: ships, when: ferry NOT strike, to: "#storm"}}
  - {{id: nobody, when: silver, to: []}}
"""
A = "Japan and France sign the accord on rare earths in Paris on Tuesday, ministers said after long negotiations."
B = "Rare earths: ministers of Japan and France explain their Paris accord signed on Tuesday after negotiations."
WAR = "Troops crossed the northern line at dawn on Tuesday, the general staff of the invasion force said on air."
BORDER = "On Tuesday at dawn troops of the northern force crossed the border, said the general staff on air."
UNLIKE = (
    "Geologists looked into a valley where nobody had dug since the old railway closed.",
    "A court in the harbour town adjourned the merger of two smelters until autumn.",
    "Students presented a battery that survives frost, to the surprise of their teachers.",
)


def config(here: timedelta) -> str:
    """Return the configuration, with quiet hours around now."""
    from crawler.clock import SystemClock

    now = SystemClock().now().astimezone(TOKYO)
    return CONFIG.format(start=f"{now - 2 * HOUR:%H:%M}", end=f"{now + here:%H:%M}")


async def day(folder: Path) -> Mapping[str, Chain]:
    """Let everything that keeps a message back do so once, and ask why."""
    async with town(folder, config(3 * HOUR), ["wire", "gazette", "pages"]) as here:
        await here.round()
        await silence(here)
        strike = "<html><body><article><p>" + "The ferry does not sail today because of a strike of its crews. " * 9
        here.web.publish("/pages/undone", strike + "</p></article></body></html>", content_type="text/html")
        here.publish("pages", Item(title="Ferry sails at noon", guid="undone"))
        here.publish(
            "wire",
            Item(title="Zinc is muted", text=UNLIKE[0]),
            Item(title="Nickel at night", text=UNLIKE[1]),
            Item(title="Gallium for two", text=UNLIKE[2]),
            Item(title="Invasion begins", text=WAR),
            Item(title="Accord on rare earths signed in Paris", text=A),
            Item(title="Copper mine floods", text="Pumps failed at the bottom of a shaft in the far south."),
            Item(title="Smelters want copper", text="Their union wrote a letter to the minister of trade in March."),
        )
        await here.round()
        here.publish("wire", Item(title="Thieves steal copper wire", text="A train stood still for hours near Lyon."))
        here.publish("gazette", Item(title="Border crossed by troops", text=BORDER))
        here.publish("gazette", Item(title="Ministers explain Paris accord on rare earths", text=B))
        await here.round()
        wire = {title: here.link("wire", title) for title in WIRE}
        found = {title: here.why(url) for title, url in wire.items()}
        for title in ("Border crossed by troops", "Ministers explain Paris accord on rare earths"):
            found[title] = here.why(here.link("gazette", title))
        found["undone"] = here.why(here.link("pages", "undone"))
        await flood(here, found)
        for _ in range(4):
            await here.round(HOUR)
        found |= {f"later {title}": here.why(url) for title, url in wire.items()}
        return found


async def silence(here: Town) -> None:
    """Mute the rule `muted` for an hour."""
    now = here.clock.now()
    wanted = Silence(
        id="", matcher=Matcher(rules=("muted",)), author="ada", comment="a drill", start=now, end=now + HOUR
    )
    await here.app.store.people.silence(wanted, Audit(at=now, user="ada", channel=None, deed="silence", on="muted"))


async def flood(here: Town, found: dict[str, Chain]) -> None:
    """Let much be new at once."""
    here.publish("gazette", *(Item(title=f"Cobalt item {'x' * number}", text="") for number in range(1, 15)))
    await here.round()
    found["flood"] = here.why(here.link("gazette", "Cobalt item xxx"))


WIRE = (
    *("Zinc is muted", "Nickel at night", "Gallium for two", "Invasion begins", "Copper mine floods"),
    *("Thieves steal copper wire", "Accord on rare earths signed in Paris"),
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("calm")))


@pytest.mark.parametrize(
    ("title", "reason", "words"),
    [
        ("Zinc is muted", "silenced", "somebody has silenced it (silence "),
        ("Nickel at night", "quiet-hours", "Not told yet: #night by the rule hushed waits, until "),
        ("Gallium for two", "grouped", "Not told yet: #group by the rule company waits, until "),
        ("Thieves steal copper wire", "over-budget", "Not told yet: #duty by the rule many waits, until "),
        ("Invasion begins", "first", "Told in #parked at "),
        ("Border crossed by troops", "inhibited", "a critical story of the same event was told just before"),
        ("Ministers explain Paris accord on rare earths", "follow-up", "the channel had heard of the event"),
        ("undone", "undone", "the rule ships held, but what the source says of the story matched, its page does not"),
        ("flood", "flood", "one message lists it all"),
        ("later Nickel at night", "quiet-hours", "Told in #night at "),
        ("later Gallium for two", "grouped", "Told in #group at "),
        ("later Thieves steal copper wire", "over-budget", "Told in #duty at "),
        ("later Zinc is muted", "silenced", "somebody has silenced it"),
    ],
)
def test_what_kept_a_message_back_is_named(found: Mapping[str, Chain], title: str, reason: str, words: str) -> None:
    chain = found[title]
    assert chain.reason == reason, says(chain)
    assert words in chain.verdict, says(chain)


def test_who_silenced_it_and_why_is_said(found: Mapping[str, Chain]) -> None:
    assert "of ada until" in says(found["Zinc is muted"])
    assert "a drill" in says(found["Zinc is muted"])


def test_the_quiet_hours_and_the_budget_are_said_in_numbers(found: Mapping[str, Chain]) -> None:
    assert "quiet hours `night` of #night" in says(found["Nickel at night"])
    assert "its budget is 2" in says(found["Thieves steal copper wire"])


def test_two_rules_of_one_message_are_one_message(found: Mapping[str, Chain]) -> None:
    chain = found["Accord on rare earths signed in Paris"]
    assert ", and by 1 more." in chain.verdict
    assert len([one for one in chain.steps if one.name == "message"]) == 1
    assert len([one for one in chain.steps if one.name == "channel"]) == 1


def test_the_route_is_said(found: Mapping[str, Chain]) -> None:
    assert "route" in says(found["Gallium for two"])


def test_times_are_those_of_the_configured_zone(found: Mapping[str, Chain]) -> None:
    (step,) = [one for one in found["Invasion begins"].steps if one.name == "message"]
    assert step.at is not None
    assert f"{step.at.astimezone(TOKYO):%H:%M:%S}" in found["Invasion begins"].verdict
    assert step.at - MINUTE < step.at
