"""The real daemon as tests start it, ``python -m tests.daemon CONFIG``: only its pace is taken away."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from alerts.pacer import Pace
from crawler.cli.daemon import until_stopped, with_app
from crawler.config import load

HURRIED = Pace(
    channel=timedelta(0),
    overall=timedelta(0),
    looks=(timedelta(milliseconds=20), timedelta(milliseconds=50)),
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


if __name__ == "__main__":
    with_app(load(Path(sys.argv[1]), os.environ), until_stopped, pace=HURRIED)
