"""The real daemon as tests start it, ``python -m tests.daemon CONFIG [SECONDS]``: its pace is taken away.

With SECONDS its clock is so far ahead.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from alerts.pacer import Pace
from crawler.app import App
from crawler.cli.daemon import notifier, until_stopped, with_app
from crawler.cluster.roles import EVERY
from crawler.config import load
from crawler.log import configure
from tests.fakes import AheadClock

if TYPE_CHECKING:
    from crawler.config.model import Config

HURRIED = Pace(
    channel=timedelta(0),
    overall=timedelta(0),
    edits=timedelta(0),
    looks=(timedelta(milliseconds=20), timedelta(milliseconds=50)),
    audit=timedelta(milliseconds=600),  # longer than the history lags, as in earnest
    first_retry=timedelta(milliseconds=20),
    last_retry=timedelta(milliseconds=100),
)

LONGEST = 60.0  # seconds; a daemon that needs longer has a fault


async def said(process: asyncio.subprocess.Process, event: str) -> str:
    """Read a daemon's log until an event and return what was read."""
    assert process.stderr is not None
    read = ""
    async with asyncio.timeout(LONGEST):
        while f"event={event}" not in read:
            line = (await process.stderr.readline()).decode()
            assert line, f"the daemon ended before it said {event}:\n{read}"
            read += line
    return read


async def run_ahead(config: Config, ahead: timedelta) -> None:
    """Run the daemon with a clock that is set ahead."""
    clock = AheadClock()
    clock.ahead = ahead
    async with notifier(config) as teller, App(config, teller, clock, pace=HURRIED, console=False) as app:
        await until_stopped(app)


def main(path: Path, ahead: timedelta) -> None:
    """Run the daemon on a configuration until it is stopped."""
    config = load(path, os.environ)
    if not ahead:
        roles = EVERY if config.engine == "procrastinate" else ()
        with_app(config, until_stopped, pace=HURRIED, roles=roles, console=False)
        return
    configure(config.log.format, config.log.level)
    asyncio.run(run_ahead(config, ahead))


if __name__ == "__main__":
    main(Path(sys.argv[1]), timedelta(seconds=float(sys.argv[2]) if len(sys.argv) > 2 else 0))
