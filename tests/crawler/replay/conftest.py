from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.store import Store
from tests.crawler.replay.press import Press
from tests.crawler.replay.town import Town
from tests.fakes import AheadClock, FakeClock
from tests.server import NewsServer
from tests.slack_standin import Options, SlackStandin
from tests.slack_workspace import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    clock = AheadClock()
    channels = tuple(Channel(id=f"C0{name.upper()}0001", name=name) for name in ("news", "desk", "duty", "ops"))
    async with NewsServer() as web, SlackStandin(Options(now=clock.now, channels=channels)) as slack:
        yield Town(tmp_path, web, slack, clock)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def press(store_url: str, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Press]:
    store = Store.open(store_url, clock=clock)
    yield Press(tmp_path, store, clock, store_url)
    await store.close()
