"""What a rule on trial would have had sent is counted in one way, whoever asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.replay.audience import Audience, audiences
from crawler.replay.forecast import brief, forecast
from crawler.replay.nouns import Request
from crawler.replay.running import replay
from crawler.replay.volume import volume_of
from crawler.tuning.rehearsal import Rehearsal, rehearse
from crawler.tuning.trials import trials_of
from tests.crawler.replay.made import message
from tests.crawler.tuning.makers import Desk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.store import Store
    from tests.fakes import FakeClock

WEEK = timedelta(days=7)
RULES = """
sources: [{id: bbc, url: "https://bbc.example/feed"}, {id: nhk, url: "https://nhk.example/feed"}]
rules:
  - {id: quake, when: earthquake, shadow: true, to: ["#news"]}
  - {id: talks, when: talks, to: ["#news"]}
"""
FIRST = "A strong earthquake shook the Noto peninsula, and a tsunami warning for Ishikawa was issued by the agency. "
SECOND = "The Noto peninsula earthquake left Ishikawa without power; the tsunami warning stands, the agency said. "


async def lived(store: Store, clock: FakeClock, folder: Path) -> Desk:
    """Let an event be told by two outlets in their own words, and something else by one."""
    desk = Desk(store, clock, folder, RULES)
    await desk.publish("Bread prices fall", "Talks open in Geneva", "A museum opens its doors")
    await desk.publish("Earthquake off Noto: tsunami warning for Ishikawa", text=FIRST * 3)
    await desk.publish("Noto earthquake: Ishikawa under tsunami warning", outlet="nhk", text=SECOND * 3)
    clock.advance(timedelta(hours=1))
    return desk


async def test_trials_forecasts_and_replays_count_alike_and_tell_replies_apart(
    open_store: Callable[[], Store], clock: FakeClock, tmp_path: Path
) -> None:
    store = open_store()
    desk = await lived(store, clock, tmp_path)
    now, config = clock.now(), desk.config
    (trial,) = trials_of(config, rehearse(config, now - WEEK, now), {})
    assert (trial.by_channel, trial.messages, trial.replies) == ({"#news": 1}, 1, 1)
    assert trial.says(WEEK) == "1 in 7 days: 1 to #news; beside them 1 in threads"
    assert [one.quiet for one in trial.unsent] == [True, False]
    said = forecast(config, now=now, elapsed=lambda: 0.0)
    assert (said.rules["quake"].messages, said.rules["quake"].replies) == ({"#news": 1}, 1)
    assert brief(said, "quake").endswith("→ #news, 1 reply")
    *_, last = replay(config, Request(since=now - WEEK, until=now), workers=1)
    assert last.result
    volume = volume_of(last.result, config.timezone)
    assert volume.sent("quake") == Audience(messages={"#news": 1}, replies={"#news": 1})
    assert volume.on_trial == {"quake"}
    assert (volume.messages, volume.replies) == (1, 0)  # that of the rule about talks alone
    await store.close()


async def test_what_there_was_no_time_for_is_said(
    open_store: Callable[[], Store], clock: FakeClock, tmp_path: Path
) -> None:
    store = open_store()
    desk = Desk(store, clock, tmp_path, RULES)
    await desk.publish(*(f"Earthquake number {number}" for number in range(120)))
    now = clock.now()
    ticks = iter(range(10**6))
    found = rehearse(desk.config, now - WEEK, now, 1.0, lambda: next(ticks))
    assert found.read_since is not None
    assert found.read_since > now - WEEK
    await store.close()


def test_without_a_store_nothing_would_have_been_sent(clock: FakeClock, tmp_path: Path) -> None:
    from tests.crawler.config.makers import loaded

    config = loaded(tmp_path / "elsewhere", f"store: sqlite:///none.db\n{RULES}")
    assert rehearse(config, clock.now() - WEEK, clock.now()) == Rehearsal()


def test_a_message_counts_for_every_rule_that_it_tells_of() -> None:
    told = [message(1, rules=("a", "b")), message(2, rules=("b",), quiet=True)]
    found = audiences(told)
    assert (found["a"].total, found["a"].quiet, found["b"].total, found["b"].quiet) == (1, 0, 1, 1)
