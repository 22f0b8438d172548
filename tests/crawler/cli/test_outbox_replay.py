"""`outbox replay`, while a daemon has the store."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from alerts.outbox import Receipt, Settlement, State
from crawler.cli import tocsin
from crawler.cli.outbox import _only
from crawler.clock import SystemClock
from crawler.store import Store
from tests.crawler.store.makers import HOUR, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
store: sqlite:///tocsin.db
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules: [{id: japan, when: Japan, to: "#n"}]
"""


class Desk:
    """A store with three messages: one refused in every form, one sent, one that was refused and waits."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "config.yaml"
        self.file.write_text(CONFIG)
        self.clock = FakeClock(SystemClock().now() - HOUR)
        self.store = Store.open(f"sqlite:///{folder}/tocsin.db", clock=self.clock)
        self.keys: dict[str, str] = {}
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        room = Newsroom(self.store, WordJudge({"Japan": ("#n",)}), self.clock)
        await room.add(source())
        now = self.clock.now()
        for name, settlement in {
            "dead": Settlement(state=State.DEAD, reason="card-refused"),
            "sent": Settlement(state=State.SENT, reason="accepted", receipt=Receipt(channel="C", message="1")),
            "parked": Settlement(state=State.PENDING, reason="channel-refused", not_before=now + 99 * HOUR),
        }.items():
            await room.visit("bbc", entry(name, f"Japan {name}"))
            key = (await self.store.deliveries())[0].delivery.key
            await self.store.outbox.begin(key, now)
            await self.store.outbox.settle(key, settlement, now)
            self.keys[name] = key

    def replay(self, *args: str, code: int = 0) -> str:
        arguments = ["--config", str(self.file), "outbox", "replay", *args]
        done = CliRunner(env={"LOGNAME": "ada"}).invoke(tocsin, arguments)
        assert done.exit_code == code, done.output
        return done.output

    def due(self) -> set[str]:
        return {one.key for one in asyncio.run(self.store.outbox.due(SystemClock().now(), 9))}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    one = Desk(tmp_path)
    yield one
    asyncio.run(one.store.close())


def test_the_dead_are_tried_again(desk: Desk) -> None:
    assert desk.due() == set()
    assert desk.replay("--dead") == f"{desk.keys['dead']} to #n was dead, is tried again\n"
    assert desk.due() == {desk.keys["dead"]}
    assert "there was nothing to try again" in desk.replay("--dead")


def test_messages_are_named_by_their_key_or_its_end_and_what_was_sent_is_left(desk: Desk) -> None:
    said = desk.replay(desk.keys["parked"][-8:], desk.keys["sent"], "--author", "bob", "--json")
    again = {one["key"]: (one["state"], one["again"]) for one in json.loads(said)}
    assert again == {desk.keys["parked"]: ("pending", True), desk.keys["sent"]: ("sent", False)}
    assert desk.due() == {desk.keys["parked"]}
    (audit,) = asyncio.run(desk.store.people.audits(9))
    assert (audit.user, audit.deed, audit.on) == ("bob", "outbox-replay", desk.keys["parked"])


@pytest.mark.parametrize(
    ("args", "says"), [(["NOBODY99"], "no message has such a key"), ([], "--dead"), (["X", "--dead"], "--dead")]
)
def test_what_names_nothing_is_refused(desk: Desk, args: list[str], says: str) -> None:
    assert says in desk.replay(*args, code=2)


def test_an_end_that_several_keys_have_names_none() -> None:
    with pytest.raises(click.UsageError, match="write more of it"):
        _only("A1B2C3", ["01A1B2C3", "02A1B2C3"])
