"""What `outbox list` shows of replies, which tell of no match."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from alerts.errors import FetchError
from alerts.outbox import Receipt, Settlement, State
from crawler.cli import tocsin
from crawler.clock import SystemClock
from crawler.store import Store
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules: [{id: japan, when: Japan, to: "#n"}]
"""
URL = "https://bbc.example/a"


async def history(folder: Path) -> None:
    """Let a story be told, and its page be removed."""
    clock = FakeClock(SystemClock().now() - HOUR)
    store = Store.open(f"sqlite:///{folder}/tocsin.db", clock=clock)
    room = Newsroom(store, WordJudge({"Japan": ("#n",)}), clock)
    await room.add(source(fulltext=Fulltext.AUTO))
    await room.visit("bbc", entry("a", "Japan and France", url=URL))
    await visit_page(room, URL, "Japan and France, at length")
    for one in await store.outbox.due(clock.now(), 10):
        await store.outbox.begin(one.key, clock.now())
        sent = Settlement(state=State.SENT, reason="accepted", receipt=Receipt(channel="C", message="1"))
        await store.outbox.settle(one.key, sent, clock.now())
    clock.advance(20 * MINUTE)
    await room.visit("bbc", entry("b", "A cat"))
    await visit_page(room, URL, FetchError("gone", "410 Gone"))
    await store.close()


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "config.yaml").write_text(CONFIG)
    asyncio.run(history(tmp_path))
    return str(tmp_path / "config.yaml")


def run(config: str, *args: str) -> str:
    done = CliRunner().invoke(tocsin, ["outbox", "list", "--config", config, *args], env={"COLUMNS": "250"})
    assert done.exit_code == 0, done.output
    return done.output


def test_a_reply_is_listed_by_what_it_says(config: str) -> None:
    assert "the outlet has removed the story (410): Japan and France" in run(config)


def test_a_reply_has_no_rules_and_no_severity(config: str) -> None:
    reply, message = json.loads(run(config, "--json"))
    assert (reply["note"], reply["rules"], reply["severity"]) == ("the outlet has removed the story (410)", [], None)
    assert (message["note"], message["rules"], message["severity"]) == (None, ["japan"], "notice")
