from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

from alerts.bulletin import Bulletin, Topic
from alerts.health import Condition
from crawler.config import load
from crawler.store import Store
from crawler.store.plan import Plan, StreamPlan
from crawler.upkeep.notices import Notices
from crawler.upkeep.timekeeping import Timekeeping
from tests.fakes import NOON, Machine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from alerts.outbox import Delivery

HOUR = timedelta(hours=1)
CONFIG = """
store: sqlite:///tocsin.db
slack: {{token: xoxb-test{ops}}}
sources: [{{id: wire, url: "https://wire.example/feed"}}]
rules: [{{id: war, when: invasion, to: ["#news"]}}]
"""


@pytest.fixture
def machine() -> Machine:
    return Machine()


class Desk:
    """A store on a machine, and what its ops channel would read."""

    def __init__(self, folder: Path, machine: Machine, ops: str) -> None:
        path = folder / "config.yaml"
        path.write_text(CONFIG.format(ops=ops))
        config, self.clock = load(path, {}), machine.clock()
        self.store = Store.open(config.store, clock=self.clock)
        self.woken = 0
        self.notices = Notices(self.store, self.clock, self._wake)
        self.timekeeping = Timekeeping(self.store, self.clock, self.notices, lambda: config)

    async def told(self) -> list[str]:
        return [row.delivery.content.title for row in await self.store.deliveries() if is_bulletin(row.delivery)]

    def _wake(self) -> None:
        self.woken += 1


def is_bulletin(delivery: Delivery) -> TypeGuard[Any]:
    return isinstance(delivery.content, Bulletin)


@asynccontextmanager
async def desk(folder: Path, machine: Machine, ops: str = ', ops_channel: "#ops"') -> AsyncIterator[Desk]:
    opened = Desk(folder, machine, ops)
    try:
        yield opened
    finally:
        await opened.store.close()


async def test_a_clock_that_is_set_back_has_one_message_that_ends_with_its_catching_up(
    tmp_path: Path, machine: Machine
) -> None:
    async with desk(tmp_path, machine) as here:
        await here.timekeeping.look()
        assert await here.told() == []
        machine.wrong = -HOUR
        for _ in range(3):
            await here.timekeeping.look()
        assert await here.told() == ["The machine's clock was set back by 1 h"]
    async with desk(tmp_path, machine) as here:  # a restart tells nothing anew
        await here.store.sync_sources((), here.clock.now())
        await here.timekeeping.look()
        assert await here.told() == ["Tocsin's clock and the machine's agree again"]


async def test_who_takes_the_duty_up_again_knows_what_another_has_told_meanwhile(
    tmp_path: Path, machine: Machine
) -> None:
    async with desk(tmp_path, machine) as d:
        await d.timekeeping.look()  # nothing is open, as far as it knows
        await d.notices.tell(
            "clock", Condition.CHANGED, Bulletin(channel="#ops", topic=Topic.HEALTH, title="x"), anew=True
        )
        d.timekeeping.forget()
        await d.timekeeping.look()
        assert len(await d.told()) == 1
        assert "x" not in await d.told()


async def test_a_clock_that_is_corrected_by_seconds_is_not_worth_a_message(tmp_path: Path, machine: Machine) -> None:
    async with desk(tmp_path, machine) as here:
        machine.wrong = -timedelta(seconds=59)
        await here.timekeeping.look()
        assert await here.told() == []


async def test_without_an_ops_channel_the_log_says_it(
    tmp_path: Path, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk(tmp_path, machine, ops="") as here:
        machine.wrong = -HOUR
        await here.timekeeping.look()
        assert await here.told() == []
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == ["clock-set-back"]


async def test_after_a_restart_the_clock_goes_on_from_the_last_moment_that_was_watched(
    tmp_path: Path, machine: Machine
) -> None:
    async with desk(tmp_path, machine) as here:
        beat = StreamPlan(watched=(NOON - HOUR, NOON))
        await here.store.apply(lambda _: Plan(stream=beat))
    machine.wrong = -HOUR
    async with desk(tmp_path, machine) as here:
        assert here.clock.now() == NOON - HOUR
        await here.timekeeping.resume()
        assert here.clock.now() == NOON
