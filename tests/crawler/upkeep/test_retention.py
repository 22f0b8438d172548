from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.copies import UPDATE_WINDOW
from alerts.errors import StoreError
from crawler.config.care import RetentionConfig
from crawler.upkeep.retention import FEW, LONGEST, Retention, cutoffs
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pytest

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SPANS = st.none() | st.timedeltas(DAY, 1_000 * DAY)


class Keep:
    """A store in which so much of each kind is old."""

    def __init__(self, *, fails: bool = False, busy: bool = False, months: Sequence[str] = (), **old: int) -> None:
        self.old = old
        self.busy = busy
        self.months = list(months)
        self.made: list[datetime] = []
        self.dropped: list[str] = []
        self.asked: list[str] = []
        self.fails = fails
        self.free = 2
        self.after: dict[str, list[int]] = {}

    async def forget(self, what: str, before: datetime, after: int, limit: int) -> tuple[int | None, int]:
        assert before < NOON
        self.asked.append(what)
        self.after.setdefault(what, []).append(after)
        if self.fails:
            raise StoreError("the disk is full")
        taken = min(self.old.get(what, 0) - after, limit)
        return (after + taken, taken) if taken > 0 else (None, 0)

    async def forget_messages(self, before: datetime, limit: int) -> int:
        assert before < NOON
        return self._take("messages", limit)

    async def forget_ended(self, before: datetime, limit: int) -> int:
        assert before < NOON
        return self._take("ended", limit)

    async def make_months(self, now: datetime) -> int:
        self.made.append(now)
        if self.busy:
            raise StoreError("somebody reads for long")
        return 0

    async def drop_month(self, before: datetime) -> str:
        assert before < NOON
        self.dropped.append(self.months.pop(0) if self.months else "")
        return self.dropped[-1]

    async def give_back(self) -> bool:
        self.free -= 1
        return self.free > 0

    def _take(self, what: str, limit: int) -> int:
        self.asked.append(what)
        taken = min(self.old.get(what, 0), limit)
        self.old[what] = self.old.get(what, 0) - taken
        return taken


def counted(asked: Sequence[str]) -> dict[str, int]:
    return {what: asked.count(what) for what in asked}


@given(stories=SPANS, bodies=SPANS, seen=SPANS, outbox=SPANS, needed=st.timedeltas(timedelta(), 500 * DAY))
def test_nothing_goes_before_it_is_needed_no_more(
    stories: timedelta | None,
    bodies: timedelta | None,
    seen: timedelta | None,
    outbox: timedelta | None,
    needed: timedelta,
) -> None:
    config = RetentionConfig(stories=stories, bodies=bodies, seen=seen, outbox=outbox)
    found = cutoffs(config, NOON, needed)
    for kept, before in (
        (stories, found.stories), (bodies, found.bodies), (seen, found.seen), (outbox, found.outbox),
    ):  # fmt: skip
        if kept is None:
            assert before is None
        else:
            assert before is not None
            assert before <= NOON - kept
    for before in (found.stories, found.bodies, found.seen):
        assert before is None or before <= NOON - max(needed, UPDATE_WINDOW)


async def test_all_that_is_old_goes_a_few_at_a_time() -> None:
    store, clock = Keep(stories=250, seen=101, attempts=1_500, ended=60), FakeClock()
    retention = Retention(store, clock)
    await retention.tick(RetentionConfig(), 14 * DAY)
    assert dict(retention.removed) == {"stories": 250, "seen": 101, "attempts": 1_500, "ended": 60}
    assert counted(store.asked) == {
        "bodies": 1, "stories": 6, "attempts": 3, "visits": 1, "seen": 2, "messages": 1, "ended": 3,
    }  # fmt: skip
    assert clock.now() > NOON, "between two of them others have the store"
    assert store.free == 0


async def test_each_kind_has_its_turn_and_the_next_round_goes_on_where_it_ended() -> None:
    store, clock = Keep(bodies=10_000_000, stories=1_000_000, seen=100), FakeClock()
    retention = Retention(store, clock)
    await retention.tick(RetentionConfig(), 14 * DAY)
    assert clock.now() <= NOON + LONGEST + HOUR / 60
    assert set(store.asked) == {"bodies", "stories", "attempts", "visits", "seen", "messages", "ended"}
    reached = store.after["bodies"][-1] + FEW
    clock.advance(HOUR)
    rounds = len(store.after["bodies"])
    await retention.tick(RetentionConfig(), 14 * DAY)
    assert store.after["bodies"][rounds] == reached


async def test_what_was_gone_through_is_gone_through_again_the_next_day() -> None:
    store, clock = Keep(stories=10), FakeClock()
    retention = Retention(store, clock)
    await retention.tick(RetentionConfig(), 14 * DAY)
    clock.advance(HOUR)
    await retention.tick(RetentionConfig(), 14 * DAY)
    assert store.after["stories"] == [0, 10, 10]
    clock.advance(DAY)
    await retention.tick(RetentionConfig(), 14 * DAY)
    assert store.after["stories"] == [0, 10, 10, 0, 10]


async def test_a_restart_looks_at_all_from_the_beginning_and_nothing_stays_for_it() -> None:
    store, clock = Keep(stories=FEW + 3), FakeClock(eager=True)
    for _ in range(2):
        before = cutoffs(RetentionConfig(), clock.now(), DAY)
        await Retention(store, clock).tidy(before)
    assert store.after["stories"] == [0, FEW, FEW + 3] * 2


async def test_it_is_done_once_an_hour_and_again_when_the_clock_was_set_back() -> None:
    store, clock = Keep(), FakeClock(eager=True)
    retention = Retention(store, clock)
    for by, rounds in ((timedelta(), 1), (HOUR / 2, 1), (HOUR, 2), (-2 * HOUR, 3)):
        clock.advance(by)
        await retention.tick(RetentionConfig(), DAY)
        assert store.asked.count("stories") == rounds


async def test_what_is_kept_for_ever_is_not_even_looked_for() -> None:
    store = Keep(stories=10, bodies=10)
    config = RetentionConfig(stories=None, bodies=None, seen=None, outbox=None)
    await Retention(store, FakeClock()).tick(config, DAY)
    assert store.asked == []


async def test_a_store_that_fails_is_left_alone_until_the_next_hour() -> None:
    store = Keep(fails=True)
    retention = Retention(store, FakeClock())
    await retention.tick(RetentionConfig(), DAY)
    assert store.asked == ["bodies"]
    assert not retention.removed


async def test_months_that_are_over_go_one_after_the_other_and_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    store = Keep(months=["2026-01", "2026-02"])
    retention = Retention(store, FakeClock())
    with caplog.at_level("INFO"):
        await retention.tick(RetentionConfig(), DAY)
    assert store.dropped == ["2026-01", "2026-02", ""]
    assert dict(retention.removed) == {"months": 2}
    assert [record.__dict__["month"] for record in caplog.records if record.msg == "month-dropped"] == store.dropped[:2]


async def test_months_are_made_though_all_is_kept_for_ever_and_none_is_dropped() -> None:
    store, clock = Keep(months=["2026-01"]), FakeClock()
    config = RetentionConfig(stories=None, bodies=None, seen=None, outbox=None)
    await Retention(store, clock).tick(config, DAY)
    assert store.made == [NOON]
    assert store.dropped == []


async def test_months_that_must_wait_keep_nothing_else_from_going() -> None:
    store = Keep(busy=True, months=["2026-01"], stories=3)
    retention = Retention(store, FakeClock())
    await retention.tick(RetentionConfig(), DAY)
    assert dict(retention.removed) == {"stories": 3}
    assert store.months == ["2026-01"]
