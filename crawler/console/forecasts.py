"""What rules would have sent, and which stories are worth reading for that: the replay's answers, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from crawler.console.workbench import DAYS
from crawler.replay.forecast import forecast, spoken
from crawler.replay.nouns import Request
from crawler.replay.running import Replay
from crawler.store.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from crawler.config.model import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The stories of a time, and those of them that some rule may hold for."""

    ids: Sequence[int] = ()
    wanted_ids: Collection[int] = ()


def told_of(
    config: Config,
    now: datetime,
    seconds: float,
    rule: str | None = None,
    *,
    elapsed: Callable[[], float] = monotonic,
) -> tuple[str, ...]:
    """Say what rules, or one, would have sent; takes so many seconds, as ``elapsed`` has them, on a thread."""
    rules = {rule} if rule else None
    said = forecast(config, now=now, since=timedelta(days=DAYS), rules=rules, seconds=seconds, elapsed=elapsed)
    chosen = [one.id for one in config.rules.rules if rule in {None, one.id}]
    lines = [spoken(said, one, config.routing.budget) for one in chosen]
    return tuple(f"It {line}." if line.startswith("would") else f"{line.capitalize()}." for line in lines)


def planned(config: Config, sides: Sequence[Config], now: datetime) -> Wanted:
    """Return which stories must be read to know what rules find in them; raises StoreError."""
    archive = Archive.of(config.store)
    if archive is None:
        return Wanted()
    chosen = frozenset(one.id for side in sides for one in side.rules.rules)
    request = Request(since=now - timedelta(days=DAYS), until=now, rules=chosen, as_if_live=True, lead=timedelta())
    with archive:
        plan = Replay(archive, config, sides, request).plan()
    return Wanted(ids=plan.ids, wanted_ids=plan.ids if plan.wanted is None else plan.wanted)
