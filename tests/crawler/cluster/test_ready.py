"""Whether a worker says that it is ready, whatever part of the work is its own."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.app import App
from crawler.cli.daemon import notifier
from crawler.clock import SystemClock
from crawler.cluster.roles import Role
from crawler.config import load
from tests.slack_standin import SlackStandin

if TYPE_CHECKING:
    from pathlib import Path

LONGEST = 30.0  # seconds
CONFIG = """
store: {store}
console: null
slack: {{token: xoxb-test, api_url: "{slack}"}}
defaults: {{every: 6h, to: ["#news"]}}
sources: []
rules:
  - {{id: talks, when: talks}}
"""


@pytest.mark.parametrize("role", list(Role))
async def test_a_worker_is_ready_though_another_leads(
    shared_url: str, postgres_url: str, tmp_path: Path, role: Role
) -> None:
    del shared_url  # its tables are made
    async with SlackStandin() as slack:
        (tmp_path / "config.yaml").write_text(CONFIG.format(store=postgres_url, slack=slack.api_url))
        config, clock, stop = load(tmp_path / "config.yaml", {}), SystemClock(), asyncio.Event()
        async with notifier(config) as ways, App(config, ways, clock, roles={role}, console=False) as app:
            assert await app.store.shared.take("lead", "another", timedelta(minutes=5), clock.now())
            running = asyncio.create_task(app.run(stop))
            async with asyncio.timeout(LONGEST):
                while any((await app.upkeep.monitor.checks()).values()):
                    await clock.wait_until(clock.now() + timedelta(milliseconds=50))
            stop.set()
            await running
