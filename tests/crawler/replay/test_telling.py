"""What a replay decides is what was decided: newsrooms live through hours, and the same is told again."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.policy import Reason
from crawler.replay.nouns import Kind, Request
from crawler.replay.running import Replay
from crawler.store import Store
from tests.crawler.replay.press import HOUR, MINUTE, Press, archive_of
from tests.crawler.replay.town import tellings, words
from tests.crawler.store.makers import entry
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from crawler.replay.nouns import Result
    from spiders.entry import Entry

    Visit = tuple[str, list[tuple[int, str, str]], int]

DESK = """
rules:
  - {id: talks, when: talks, to: ["#news"]}
  - {id: steel, when: steel, to: ["#news", "#desk"]}
"""


def item(word: str, number: int) -> Entry:
    return entry(f"{word}{number}", f"{word} {number}", words(f"{word}{number}"))


def reasons(result: Result) -> Counter[Reason]:
    return Counter(one.reason for one in result.decisions)


async def test_copies_are_folded_and_an_edit_tells_what_is_new(press: Press) -> None:
    config, since = press.rules(DESK), press.clock.now()
    await press.open(config)
    await press.visit("bbc", entry("a", "Talks begin", words("a")))
    press.clock.advance(HOUR)
    await press.visit("nhk", entry("b", "Talks begin", words("a")))
    press.clock.advance(HOUR)
    await press.visit("bbc", entry("a", "Talks begin", f"{words('a')} Steel is on the table."))
    found = press.replayed(config, since)
    assert tellings(found) == press.tellings(since)
    assert (reasons(found)[Reason.COPY], reasons(found)[Reason.TOLD]) == (1, 1)
    assert Counter(one.channel for one in found.messages) == {"#news": 2, "#desk": 1}


async def test_a_copy_of_what_was_told_before_the_time_is_no_message(press: Press) -> None:
    config = press.rules(DESK)
    await press.open(config)
    await press.visit("bbc", entry("a", "Talks begin", words("a")))
    press.clock.advance(60 * HOUR)
    await press.visit("nhk", entry("b", "Talks begin", words("a")))
    press.clock.advance(60 * HOUR)
    since = press.clock.now()
    await press.visit("afp", entry("c", "Talks begin", words("a")))
    found = press.replayed(config, since, lead=timedelta())
    assert (found.messages, list(reasons(found))) == ([], [Reason.COPY])


async def test_the_backlog_of_a_first_visit_is_not_told(press: Press) -> None:
    config, since = press.rules(DESK), press.clock.now()
    await press.open(config)
    await press.add(*press.sources.values(), visited=False)
    fresh, old = entry("f", "Talks today", words("f")), entry("o", "Old talks", words("o"), published=since - 90 * HOUR)
    new = next(one for one in press.sources.values() if one.id == "bbc")
    await press.store.sync_sources([], since)
    await press.store.sync_sources([new], since)
    await press.visit("bbc", fresh, old)
    found = press.replayed(config, since)
    assert [title for title, *_ in tellings(found)] == [title for title, *_ in press.tellings(since)]


LIMITED = """
budgets: {per_channel: 3/h, overflow: digest}
routes:
  - {match: {tags: [slow]}, to: ["#slow"], group: {wait: 20m, interval: 30m}}
quiet_hours: [{name: siesta, channels: ["#nap"], between: "14:00-15:00", then: digest}]
rules:
  - {id: talks, when: talks, to: ["#news"]}
  - {id: steel, when: steel, to: ["#desk"], quiet: {at_most: 1/h}}
  - {id: tin, when: tin, tags: [slow]}
  - {id: zinc, when: zinc, to: ["#nap"]}
  - {id: rush, when: lithium, to: ["#news"], count: {n: 3, within: 2h}}
"""


async def test_limits_hold_back_what_they_held_back_and_tell_it_as_late(press: Press) -> None:
    config, since = press.rules(LIMITED), press.clock.now()
    await press.open(config)
    for number in range(5):
        press.clock.advance(MINUTE)
        await press.visit("bbc", *(item(word, number) for word in ("Talks", "Steel")))
    for number in range(3):
        press.clock.advance(MINUTE)
        await press.visit("nhk", *(item(word, number) for word in ("Tin", "Zinc", "Lithium")))
    press.clock.advance(HOUR)
    await press.visit("afp", entry("z", "Zinc by day", words("z")))
    await press.pass_time(5 * HOUR)
    found = press.replayed(config, since)
    assert tellings(found) == press.tellings(since)
    sent = Counter(row.delivery.channel for row in await press.store.deliveries(limit=500))
    assert Counter(one.channel for one in found.messages) == sent
    (stream,) = [one for one in found.messages if one.kind is Kind.STREAM]
    assert stream.says == "3 stories in 2 h (3 make an alert)"
    assert reasons(found)[Reason.OVER_BUDGET] == 2
    assert reasons(found)[Reason.OVER_LIMIT] == 4
    assert reasons(found)[Reason.GROUPED] == 3


async def test_a_rule_on_trial_tells_nothing_unless_it_is_asked_as_if_it_did(press: Press) -> None:
    config = press.rules('rules: [{id: talks, when: talks, to: ["#news"], shadow: true}]')
    since = press.clock.now()
    await press.open(config)
    await press.visit("bbc", entry("a", "Talks begin", words("a")))
    assert press.replayed(config, since).messages == []
    assert len(press.replayed(config, since, as_if_live=True).messages) == 1


async def test_a_silence_that_was_in_force_holds_back(press: Press) -> None:
    from alerts.routing.silence import Matcher, Silence
    from alerts.slack.desk import Audit

    config, since = press.rules(DESK), press.clock.now()
    await press.open(config)
    matcher = Matcher(rules=("talks",))
    quiet = Silence(id="", matcher=matcher, author="ada", comment="", start=since, end=since + HOUR)
    await press.store.people.silence(quiet, Audit(at=since, user="ada", channel=None, deed="mute", on=""))
    await press.visit("bbc", entry("a", "Talks begin", words("a")))
    press.clock.advance(2 * HOUR)
    await press.visit("bbc", entry("b", "Talks end", words("b")))
    found = press.replayed(config, since)
    assert tellings(found) == press.tellings(since) == [("Talks end", "talks", "#news")]


WORDS = ("talks", "steel", "tin", "zinc", "lithium", "weather")
VISITS = st.lists(
    st.tuples(
        st.sampled_from(("bbc", "nhk", "afp")),
        st.lists(st.tuples(st.integers(0, 5), st.sampled_from(WORDS), st.sampled_from(WORDS)), min_size=1, max_size=3),
        st.sampled_from((1, 7, 45, 200)),
    ),
    min_size=2,
    max_size=5,
)


@pytest.fixture(scope="module")
def template(empty_sqlite: Path) -> Path:
    return empty_sqlite


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=VISITS)
def test_whatever_a_day_brings_is_told_again(visits: list[Visit], template: Path) -> None:
    async def live(folder: Path) -> None:
        clock = FakeClock()
        store = Store.open(f"sqlite:///{folder / 'tocsin.db'}", clock=clock)
        try:
            press = Press(folder, store, clock)
            config, since = press.rules(LIMITED), clock.now()
            await press.open(config)
            for name, items, minutes in visits:
                by_id = {number: (one, two) for number, one, two in items}
                some = [
                    entry(f"{name}{number}", f"{one} {number}", f"{words(f'{name}{number}')} {two}")
                    for number, (one, two) in by_id.items()
                ]
                await press.visit(name, *some)
                await press.pass_time(minutes * MINUTE)
            await press.pass_time(6 * HOUR, HOUR / 2)
            found = press.replayed(config, since)
            assert tellings(found) == press.tellings(since)
            sent = Counter(row.delivery.channel for row in await store.deliveries(limit=500))
            assert Counter(one.channel for one in found.messages) == sent
        finally:
            await store.close()

    with TemporaryDirectory() as folder:
        shutil.copy(template, Path(folder) / "tocsin.db")
        asyncio.run(live(Path(folder)))


class Slow(Replay):
    """One that needs seven seconds to decide."""

    passed = 0.0

    def results(self, *args: Any) -> list[Result]:
        self.passed += 7
        return super().results(*args)


async def test_the_seconds_of_a_replay_are_those_of_deciding_too(press: Press) -> None:
    config, since = press.rules(DESK), press.clock.now()
    await press.open(config)
    await press.visit("bbc", entry("a", "Talks begin", words("a")))
    with archive_of(press.folder) as archive:
        slow = Slow(archive, config, (config,), Request(since=since, until=press.clock.now() + MINUTE))
        *_, last = slow.run(1, lambda: slow.passed)
    assert last.result
    assert last.result.reading.seconds == 7
