"""How rules stand: what they found, told or not, and what people think of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.tuning.precision import NO_OPINIONS, Precision
from crawler.tuning.standing import standings
from tests.crawler.tuning.makers import DAY, Desk

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.store import Store
    from tests.fakes import FakeClock

LONG = "Traders said on Monday that prices of the metal rose as stocks at warehouses fell to the lowest in years. " * 5
RULES = """
sources: [{id: bbc, url: "https://bbc.example/feed"}]
rules:
  - {id: nickel, when: nickel, shadow: true, to: "#minerals"}
  - {id: talks, when: talks, to: ["#news", "#asia"]}
  - {id: off, when: talks, enabled: no, to: "#news"}
"""


async def test_a_week_is_counted_copies_once_whoever_was_told(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish("Nickel in a week before", "Talks in a week before")
    clock.advance(8 * DAY)
    await desk.publish("Nickel prices rise", "Peace talks go on", text=LONG)
    await desk.publish("Nickel prices rise", outlet="nhk", text=LONG)
    await desk.judge("talks", False, "Peace talks go on")
    nickel, talks, off = await standings(desk.config, store, clock.now())
    assert (nickel.volume, nickel.state, nickel.precision) == (1, "on trial", NO_OPINIONS)
    assert (talks.volume, talks.state, talks.precision) == (1, "on", Precision(not_relevant=1))
    assert (off.volume, off.state) == (0, "off")
    assert talks.facts["precision_high"] == talks.precision.interval[1]
    assert nickel.facts["precision_high"] is None


async def test_without_a_store_nothing_is_known(store: Store, clock: FakeClock, tmp_path: Path) -> None:
    desk = Desk(store, clock, tmp_path, RULES)
    known = await standings(desk.config, None, clock.now())
    assert [(one.id, one.volume) for one in known] == [("nickel", None), ("talks", None), ("off", None)]
