"""kill -9 at random moments under a fifth of wrong answers: what was found is told, once, and below what it answers."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import TYPE_CHECKING

import pytest

from bench import kills
from tests.daemon import said

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 20
PIECES = 10  # of as many rounds, each a run of its own, for make slow


@pytest.mark.parametrize("piece", [0, *(pytest.param(piece, marks=pytest.mark.slow) for piece in range(1, PIECES + 1))])
async def test_killed_at_random_moments_nothing_is_lost_and_nothing_is_told_twice(tmp_path: Path, piece: int) -> None:
    del piece  # they differ by their seeds alone
    seed = random.SystemRandom().randrange(10**6)
    async with kills.trial(tmp_path, seed) as trial:
        for _ in range(ROUNDS):
            await trial.round()
        counts = await trial.settle()
    found = f"seed {seed}: {counts}"
    assert counts.lost == [], found
    assert counts.doubled == [], found
    assert counts.inversions == counts.dangling == [], found
    assert counts.impolite == 0, found
    assert counts.alone + counts.listed + counts.together + counts.shared == counts.stories, found
    assert min(counts.alone, counts.faults, counts.replies) > 0, found


async def test_a_daemon_that_is_asked_to_stop_ends_well(tmp_path: Path) -> None:
    async with kills.trial(tmp_path, seed=0) as trial, kills.daemon(trial.config) as process:
        await said(process, "started")
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            await process.communicate()
        assert process.returncode == 0
