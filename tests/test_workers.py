"""Workers that share a PostgreSQL store, as real processes: one dies, others go on, nothing is lost or told twice."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from bench import cluster, failover
from tests.postgres import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES, WORKERS = 60, 2
SLOW = pytest.mark.slow

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder in which the server's own user may work."""
    with TemporaryDirectory(prefix="tocsin-workers-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_order_is_kept_where_no_message_stands_behind_one_that_is_younger_in_both_ways() -> None:
    assert (
        cluster.disorder([["a", "b"], ["d", "c"]], ["a", "b", "d", "c"]) == []
    )  # d was committed later, and seen first
    assert cluster.disorder([["b", "a", "c"]], ["a", "b", "c"]) == ["a"]
    assert cluster.disorder([["b", "a"]], ["b"]) == []  # a was tried twice


@pytest.mark.parametrize(
    "trouble",
    ["kill", pytest.param("pause", marks=SLOW), pytest.param("restart", marks=SLOW), pytest.param("cut", marks=SLOW)],
)
async def test_whatever_befalls_one_all_is_polled_and_told_once(folder: Path, trouble: str) -> None:
    done = await cluster.play(trouble, folder, SOURCES, WORKERS)
    assert done.is_good, str(done)
    assert done.visits >= SOURCES


@SLOW
async def test_workers_may_be_restarted_in_turn(folder: Path) -> None:
    done = await cluster.roll(folder, restarts=6, sources=SOURCES)
    assert done.is_good, str(done)


@SLOW
async def test_whoever_delivers_may_be_killed_while_slack_fails_and_slack_has_a_socket_again(folder: Path) -> None:
    done = await failover.play(folder, rounds=2)
    assert done.is_good, str(done)
