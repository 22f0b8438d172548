"""The walk of a story: from a real feed on loopback to a message in the Slack stand-in, through every part."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from alerts.outbox import State
from alerts.policy import Reason
from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.config import load
from tests.daemon import HURRIED
from tests.fakes import AheadClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from crawler.store import Outcome

CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test, api_url: "{slack}"}}
fetch: {{allow_private: [127.0.0.0/8], per_host: {{concurrency: 4, delay: 0s}}, timeout: 2s}}
defaults: {{every: 1s, to: ["#news"], fulltext: never}}
sources:
  - {{id: wire, name: Pacific Wire, kind: feed, url: "{web}/wire.xml"}}
  - {{id: gazette, name: Gazette, kind: feed, url: "{web}/gazette.xml"}}
entities:
  raa:
    label: Reciprocal Access Agreement
    aliases: {{en: [Reciprocal Access Agreement], ja: [円滑化協定]}}
rules:
  - {{id: raa, name: Reciprocal Access, when: $raa, severity: high}}
  - {{id: minerals, name: Minerals, when: rare earths}}
  - {{id: rush, name: Lithium rush, when: lithium, count: {{n: 3, within: 2h}}}}
"""

RAA = "Japan and France open talks on a Reciprocal Access Agreement"
LONG = "The two governments said on Monday that their forces would train together more often from next year."


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An item of a feed."""

    title: str
    text: str = LONG
    guid: str = ""
    age: timedelta | None = timedelta(minutes=1)


def rss(*items: News) -> str:
    return f'<rss version="2.0"><channel><title>Feed</title>{"".join(map(item, items))}</channel></rss>'


def item(news: News) -> str:
    guid = news.guid or news.title
    date = "" if news.age is None else f"<pubDate>{format_datetime(SystemClock().now() - news.age)}</pubDate>"
    link = f"https://wire.example/{guid.replace(' ', '-')}"
    head = f"<guid>{guid}</guid><link>{link}</link><title>{news.title}</title>"
    return f"<item>{head}<description>{news.text}</description>{date}</item>"


class Town:
    """A news web, a Slack, and the program between them, which is ended and started again at every round."""

    def __init__(self, folder: Path, web: NewsServer, slack: SlackStandin, clock: AheadClock) -> None:
        self.web = web
        self.slack = slack
        self._clock = clock
        self._file = folder / "config.yaml"
        self._file.write_text(CONFIG.format(slack=slack.api_url, web=web.url("").rstrip("/")))
        self.publish(wire=(), gazette=())

    def add_rule(self, line: str) -> None:
        self._file.write_text(f"{self._file.read_text()}  - {line}\n")

    def publish(self, **feeds: tuple[News, ...]) -> None:
        for name, items in feeds.items():
            self.web.publish(f"/{name}.xml", rss(*items))

    @asynccontextmanager
    async def app(self) -> AsyncIterator[App]:
        config = load(self._file, {})
        async with notifier(config) as teller, App(config, teller, self._clock, pace=HURRIED) as app:
            yield app

    async def round(self) -> list[str]:
        """Let an hour pass and the program do one round; return what the channel says then."""
        self._clock.ahead += timedelta(hours=1)
        async with self.app() as app:
            await app.once()
        return self.slack.texts("news")

    async def outcome(self, title: str) -> Outcome:
        async with self.app() as app:
            outcomes = await app.store.outcomes(SystemClock().now() - timedelta(days=1))
        return next(outcome for outcome in outcomes if outcome.title == title)

    async def reasons(self, title: str) -> set[Reason]:
        return {ruling.reason for ruling in (await self.outcome(title)).rulings}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = AheadClock()
    async with NewsServer() as web, SlackStandin(Options(now=clock.now)) as slack:
        yield Town(tmp_path, web, slack, clock)


async def test_a_story_walks_from_a_feed_to_slack_and_is_told_once(town: Town) -> None:
    await town.round()
    town.publish(wire=(News(title=RAA), News(title="Weather: sunny")))
    (text,) = await town.round()
    assert RAA in text
    assert "Pacific Wire" in text
    assert await town.round() == [text]
    assert await town.reasons(RAA) == {Reason.FIRST}
    assert await town.reasons("Weather: sunny") == set()


async def test_the_message_carries_its_key_where_the_contract_says(town: Town) -> None:
    town.publish(wire=(News(title=RAA),))
    await town.round()
    (message,) = town.slack.channel("news").messages
    assert message["metadata"]["event_type"] == "tocsin_delivery"
    async with town.app() as app:
        (delivery,) = await app.store.deliveries()
    assert message["metadata"]["event_payload"]["key"] == delivery.delivery.key
    assert delivery.receipt is not None
    assert delivery.receipt.message == message["ts"]


async def test_what_was_there_before_the_first_visit_is_kept_but_only_the_fresh_is_told(town: Town) -> None:
    old = News(title="Old: Reciprocal Access Agreement studied", age=timedelta(days=3))
    undated = News(title="Undated: Reciprocal Access Agreement notes", age=None)
    town.publish(wire=(old, undated, News(title=RAA)))
    (text,) = await town.round()
    assert RAA in text
    assert await town.reasons(old.title) == await town.reasons(undated.title) == {Reason.BACKLOG}


async def test_an_undated_story_that_was_not_there_before_is_told(town: Town) -> None:
    await town.round()
    town.publish(wire=(News(title=RAA, age=None),))
    assert len(await town.round()) == 1
    assert (await town.outcome(RAA)).published is None


async def test_an_unchanged_feed_is_asked_for_conditionally_and_not_read_again(town: Town) -> None:
    town.publish(wire=(News(title=RAA),))
    await town.round()
    await town.round()
    first, second = town.web.requests("/wire.xml")
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"]
    assert second.status == 304


async def test_the_same_words_from_another_outlet_are_folded(town: Town) -> None:
    await town.round()
    town.publish(wire=(News(title=RAA),))
    await town.round()
    town.publish(gazette=(News(title=RAA, guid="syndicated"),))
    assert len(await town.round()) == 1
    async with town.app() as app:
        outcomes = await app.store.outcomes(SystemClock().now() - timedelta(days=1))
    first, copy = sorted(outcomes, key=lambda outcome: outcome.story)
    assert copy.copy_of == first.story
    assert {ruling.reason for ruling in copy.rulings} == {Reason.COPY}


async def test_an_edit_that_makes_another_rule_hold_is_told_and_one_that_does_not_is_not(town: Town) -> None:
    await town.round()
    town.publish(wire=(News(title="Talks begin in Tokyo", guid="talks"),))
    assert await town.round() == []
    town.publish(wire=(News(title=RAA, guid="talks"),))
    assert len(await town.round()) == 1
    assert Reason.EDITED in await town.reasons(RAA)
    town.publish(wire=(News(title=RAA, guid="talks", text=LONG + " More tomorrow."),))
    assert len(await town.round()) == 1
    town.publish(wire=(News(title=RAA, guid="talks", text=LONG + " Rare earths are part of it."),))
    texts = await town.round()
    assert len(texts) == 2
    assert "Rule minerals matched Rare earths" in texts[1]


async def test_a_new_rule_tells_nothing_of_the_past_even_when_an_outlet_edits_it(town: Town) -> None:
    await town.round()
    town.publish(wire=(News(title="Talks on nickel go on", guid="old"),))
    assert await town.round() == []
    town.add_rule("{id: nickel, name: Nickel, when: nickel}")
    town.publish(wire=(News(title="Talks on nickel go on", guid="old", text=LONG + " Updated at noon."),))
    assert await town.round() == []
    assert await town.reasons("Talks on nickel go on") == {Reason.EARLIER}
    town.publish(wire=(News(title="Talks on zinc go on", guid="zinc"),))
    await town.round()
    town.publish(wire=(News(title="Talks on zinc go on", guid="zinc", text=LONG + " Nickel is part of it."),))
    (text,) = await town.round()
    assert "zinc" in text
    town.publish(wire=(News(title="Nickel price rises", guid="new"),))
    assert len(await town.round()) == 2


async def test_a_dead_source_is_loud_and_harmless(town: Town) -> None:
    town.web.fail("/gazette.xml", status=404)
    town.publish(wire=(News(title=RAA),))
    assert len(await town.round()) == 1
    async with town.app() as app:
        gazette, wire = await app.store.sources()
    assert (gazette.condition, gazette.last_reason, gazette.failures) == ("failing", "http-404", 1)
    assert (wire.condition, wire.stories) == ("ok", 1)


async def test_a_source_that_comes_back_is_read_and_no_validator_outlived_its_stories(town: Town) -> None:
    await town.round()
    town.publish(wire=(News(title=RAA),))
    town.web.fail("/wire.xml", status=503, times=1)
    assert await town.round() == []
    assert len(await town.round()) == 1


async def test_what_slack_refuses_waits_and_arrives_when_it_is_mended(town: Town) -> None:
    town.slack.channel("news").archived = True
    town.publish(wire=(News(title=RAA),))
    assert await town.round() == []
    async with town.app() as app:
        (delivery,) = await app.store.deliveries()
        overview = await app.store.overview(town.slack.options.now())
    assert delivery.delivery.state is State.PENDING
    assert [hold.channel for hold in overview.holds] == ["#news"]
    town.slack.channel("news").archived = False
    assert len(await town.round()) == 1


async def test_an_answer_that_was_lost_is_looked_for_and_not_sent_again(town: Town) -> None:
    town.slack.answer_next("chat.postMessage", "reset_after")
    town.publish(wire=(News(title=RAA),))
    assert len(await town.round()) == 1
    async with town.app() as app:
        (delivery,) = await app.store.deliveries(State.SENT)
    assert delivery.reason == "found"
    assert delivery.delivery.attempts == 1


async def test_hostile_text_reaches_slack_without_waking_or_linking_anything(town: Town) -> None:
    town.publish(wire=(News(title="&lt;!channel&gt; Reciprocal Access Agreement &lt;@U1&gt; *now*", guid="h"),))
    await town.round()
    report = town.slack.report()
    assert sum(report.posted.values()) == 1
    assert (report.mentions, report.deceptive) == ((), ())


async def test_many_stories_that_one_rule_counts_are_one_message_over_any_restart(town: Town) -> None:
    await town.round()
    town.publish(wire=(News(title="Lithium mine opens", guid="1"), News(title="Lithium falls", guid="2")))
    assert await town.round() == []
    town.publish(gazette=(News(title="Lithium talks", guid="3", text=""),))
    (text,) = await town.round()
    assert "3 stories in 2 h (3 make an alert)" in text
    assert all(title in text for title in ("Lithium mine opens", "Lithium falls", "Lithium talks"))
    town.publish(gazette=(News(title="Lithium again", guid="4", text=""),))
    assert len(await town.round()) == 1
    assert await town.reasons("Lithium again") == {Reason.COUNTED}
