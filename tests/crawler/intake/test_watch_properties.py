"""Any sequence of polls, edits, copies, backlogs and pauses: restarts change nothing, and every count is exact."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.policy import Reason
from alerts.rules.spec import Rate, SpikeSpec, StreamSpec
from alerts.stream import Condition, StreamState, cross
from crawler.store import Store
from crawler.store.schema import outbox, story, stream_alert, verdict
from tests.crawler.store.makers import HOUR, MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from spiders.entry import Entry

SOURCES = ("bbc", "nhk", "afp")
LONG = "ministers of two countries said on Monday that they would meet again in spring"
COUNT = Rate(count=3, per=HOUR)
SPECS = {
    "talks": StreamSpec(count=COUNT, first_seen="source"),
    "rare": StreamSpec(
        count=Rate(count=2, per=3 * HOUR),
        spike=SpikeSpec(times=2, within=HOUR, against=8 * HOUR),
        first_seen="term",
    ),
    "still": StreamSpec(silence=4 * HOUR),
}
RULES = {"talks": ("#news",), "RARE": ("#news", "#minerals"), "still": ("#news",)}

entries = st.builds(
    entry,
    st.sampled_from("123456789"),
    title=st.sampled_from(["A cat", "talks", "RARE", "RARE talks", "still talks", f"talks, {LONG}", f"RARE, {LONG}"]),
    text=st.sampled_from(["", "", "talks", f"RARE. {LONG}", "still"]),
    url=st.sampled_from([None, None, None, "https://x.example/1", "https://x.example/2"]),
    published=st.sampled_from([None, NOON - MINUTE, NOON - 3000 * MINUTE]),
)


@dataclass(frozen=True)
class Step:
    source: str
    document: Sequence[Entry]
    pause: int  # minutes
    watch: bool  # throughout the pause; else the machine is off
    restart: bool


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(SOURCES),
        st.lists(entries, max_size=6),
        st.sampled_from([0, 1, 10, 30, 45, 90, 300, 600]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=2,
    max_size=12,
)


class Oracle:
    """Counts by reading every story and every verdict there is."""

    def __init__(self, rule: str, count: Rate) -> None:
        self._rule = rule
        self._count = count
        self._firsts: dict[int, datetime] = {}
        self._state: StreamState | None = None
        self.told: list[tuple[datetime, int]] = []

    async def look(self, store: Store, now: datetime) -> None:
        stories = {row.id: row for row in await everything(store, story)}
        rows = [row for row in await everything(store, verdict) if row.rule == self._rule]
        counted = {row.story_id for row in rows if row.reason != Reason.BACKLOG}
        firsts: dict[int, datetime] = {}
        for one in sorted(counted, key=lambda one: stories[one].seen, reverse=True):
            firsts[stories[one].group_id] = stories[one].seen
        if rows and firsts.keys() != self._firsts.keys():
            before = {group: at for group, at in self._firsts.items() if at > now - self._count.per}
            after = {group: at for group, at in firsts.items() if at > now - self._count.per}
            state = self._state or StreamState(rule=self._rule, condition=Condition.COUNT, since=NOON)
            self._state, fresh = cross(state, self._count.count, before, after)
            if fresh:
                self.told.append((now, len(after)))
        self._firsts = firsts


async def everything(store: Store, table: Any) -> Sequence[Row[Any]]:
    return await store._reader.run(lambda connection: connection.execute(select(table)).all())


async def play(empty: Path, plan: list[Step], *, visited: bool, restarts: bool) -> tuple[list[Any], list[Oracle]]:
    """Return everything that was told, and what the oracles expected."""
    oracles = [Oracle("talks", COUNT), Oracle("rare", Rate(count=2, per=3 * HOUR))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tocsin.db"
        shutil.copy(empty, path)
        clock, judge = FakeClock(), WordJudge(RULES, SPECS)
        store = Store.open(f"sqlite:///{path}", clock=clock)
        newsroom = Newsroom(store, judge, clock)
        await newsroom.add(*(source(name) for name in SOURCES), visited=visited)
        for step in plan:
            for _ in range(step.pause // 30 if step.watch else 0):
                clock.advance(30 * MINUTE)
                await newsroom.ingest.watch()
            clock.advance(timedelta(minutes=step.pause % 30 if step.watch else step.pause, seconds=1))
            await newsroom.visit(step.source, *step.document)
            for oracle in oracles:
                await oracle.look(store, clock.now())
            if restarts and step.restart:
                await store.close()
                store = Store.open(f"sqlite:///{path}", clock=clock)
                again = Newsroom(store, judge, clock)
                again.sources, again._claims_at = newsroom.sources, newsroom._claims_at
                newsroom = again
        told = await everything(store, stream_alert)
        await _each_is_sent_once(store, told)
        await store.close()
    return sorted((row.at, row.rule, row.condition, row.channel, row.says, row.number) for row in told), oracles


async def _each_is_sent_once(store: Store, told: Sequence[Row[Any]]) -> None:
    sent = [row.key for row in await everything(store, outbox)]
    assert sorted(row.delivery for row in told) == sorted(sent)
    alerts = [row.delivery.alert for row in await store.deliveries(limit=1000)]
    assert all(alert.trend and len(alert.matches) == 1 for alert in alerts)
    assert {row.reason for row in await everything(store, verdict)} <= {Reason.COUNTED, Reason.BACKLOG, Reason.LEARNING}


@given(plan=steps, visited=st.booleans())
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_restarts_change_nothing_and_every_count_is_exact(
    empty_sqlite: Path, plan: list[Step], *, visited: bool
) -> None:
    told, (talks, rare) = await play(empty_sqlite, plan, visited=visited, restarts=True)
    assert told == (await play(empty_sqlite, plan, visited=visited, restarts=False))[0]
    counts = [(at, rule, channel, number) for at, rule, condition, channel, _, number in told if condition == "count"]
    assert [(at, number) for at, rule, _, number in counts if rule == "talks"] == talks.told
    assert [(at, number) for at, rule, channel, number in counts if rule == "rare" and channel == "#news"] == rare.told
