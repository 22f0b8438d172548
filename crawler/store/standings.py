"""How a source does, as columns of its row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crawler.visits.rhythm import Rhythm
from crawler.visits.standing import Standing, Wishes

if TYPE_CHECKING:
    from sqlalchemy import Row

_PLAIN = (
    "failures",
    "points",
    "failing_since",
    "reported",
    "gone",
    "given_up",
    "moved_to",
    "read_as",
    "heading",
    "headed",
    "last_full",
    "doubts",
    "untrusted",
    "entries",
    "gaps",
    "silent",
    "hub",
    "topic",
)


def columns(standing: Standing) -> dict[str, Any]:
    """Return the columns to be written; ``last_ok`` is written by the visit itself."""
    plain = {name: getattr(standing, name) for name in _PLAIN}
    learnt = None if standing.rhythm == Rhythm() else standing.rhythm.encode()
    return plain | {"rhythm": learnt, "wishes": _written(standing.wishes)}


def standing(row: Row[Any]) -> Standing:
    """Return how a source does from its row."""
    return Standing(
        **{name: getattr(row, name) for name in _PLAIN},
        last_ok=row.last_ok,
        rhythm=Rhythm.decode(row.rhythm),
        wishes=_read(row.wishes),
    )


def _written(wishes: Wishes) -> dict[str, Any] | None:
    if wishes == Wishes():
        return None
    return {
        "ttl": None if wishes.ttl is None else wishes.ttl.total_seconds(),
        "skip_hours": sorted(wishes.skip_hours),
        "skip_days": sorted(wishes.skip_days),
    }


def _read(written: dict[str, Any] | None) -> Wishes:
    if written is None:
        return Wishes()
    return Wishes(
        ttl=None if written["ttl"] is None else timedelta(seconds=written["ttl"]),
        skip_hours=frozenset(written["skip_hours"]),
        skip_days=frozenset(written["skip_days"]),
    )
