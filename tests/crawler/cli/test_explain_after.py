"""What `tocsin explain` says of a message after it was queued: storms, acknowledgements and escalations."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from alerts.bulletin import Bulletin
from alerts.routing.spec import EscalateSpec
from alerts.routing.storm import QUEUE
from alerts.slack.desk import Audit
from alerts.story import Severity
from crawler.cli import tocsin
from crawler.ids import encode
from crawler.store import Store
from tests.crawler.intake.test_calm import RULES, Room, talks
from tests.crawler.store.makers import MINUTE, WordJudge, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
timezone: Asia/Tokyo
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules: [{id: talks, when: talks, to: "#news"}]
"""


async def history(folder: Path) -> dict[str, str]:
    """Let a critical story escalate, acknowledge another, and let a storm take the rest; return ids by first word."""
    clock = FakeClock()
    store = Store.open(f"sqlite:///{folder}/tocsin.db", clock=clock)
    managers = EscalateSpec(severity=Severity.CRITICAL, unless_acked=15 * MINUTE, to=("#managers",))
    room = Room(store, clock, WordJudge(RULES), escalate=(managers,))
    await room.add(source())
    await room.publish("Ghent: a TREATY is signed")
    await room.send_all()
    clock.advance(16 * MINUTE)
    await room.ingest.release()
    await room.publish("Oslo TREATY on whales")
    await room.send_all()
    (whales,) = [one for one in await room.deliveries() if one.alert.story.title.startswith("Oslo")]
    await store.people.acknowledge(whales.key, Audit(at=clock.now(), user="ada", channel=None, deed="ack", on=""))
    await room.publish(*map(talks, range(QUEUE + 1)))
    stories = {one.content.story for one in await room.deliveries() if not isinstance(one.content, Bulletin)}
    await store.close()
    return {one.title.split()[0] if "TREATY" in one.title else "storm": encode(one.id) for one in stories}


@pytest.fixture(scope="module")
def explain(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    folder = tmp_path_factory.mktemp("desk")
    config = folder / "config.yaml"
    config.write_text(CONFIG)
    stories = asyncio.run(history(folder))

    def run(story: str, *options: str) -> str:
        arguments = ["--config", str(config), "explain", stories[story], *options]
        result = CliRunner(env={"COLUMNS": "400"}).invoke(tocsin, arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    return run


def test_it_says_who_was_told_that_nobody_acknowledged_a_message(explain: Callable[..., str]) -> None:
    said = explain("Ghent:")
    assert "#managers was told at 2026-11-02 21:16: nobody acknowledged it within 15 min in #news; " in said
    assert "that message is sent" in said


def test_it_says_who_acknowledged_a_message(explain: Callable[..., str]) -> None:
    assert "ada acknowledged it at 2026-11-02 21:16" in explain("Oslo")


def test_it_says_which_storm_took_a_message(explain: Callable[..., str]) -> None:
    said = explain("storm")
    assert "listed since 2026-11-02 21:16 by the message of a storm, storm-" in said
    assert "which is pending: 21 messages waited for the channel" in said


def test_programs_are_told_the_same(explain: Callable[..., str]) -> None:
    (told,) = json.loads(explain("Ghent:", "--json"))["recorded"]
    (escalated,) = told["escalations"]
    assert (escalated["channel"], escalated["state"], told["storm"]) == ("#managers", "sent", None)
    (listed,) = json.loads(explain("storm", "--json"))["recorded"]
    assert (listed["storm"]["state"], listed["escalations"], listed["acknowledged"]) == ("pending", [], None)
