"""The real daemon as tests start it, ``python -m tests.daemon CONFIG``: only its pace is taken away."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from alerts.courier import Pace
from crawler.cli.daemon import until_stopped, with_app
from crawler.config import load

HURRIED = Pace(
    channel=timedelta(0),
    overall=timedelta(0),
    looks=(timedelta(milliseconds=20), timedelta(milliseconds=50)),
    first_retry=timedelta(milliseconds=20),
    last_retry=timedelta(milliseconds=100),
)

if __name__ == "__main__":
    with_app(load(Path(sys.argv[1]), os.environ), until_stopped, pace=HURRIED)
