"""Any arrivals and any limit: never more messages than it allows, and every match is told alone or in one summary."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.policy import Reason
from alerts.rules.spec import QuietSpec, Rate
from alerts.story import Severity
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.store import Store
from crawler.store.schema import outbox, stream_alert, verdict
from tests.crawler.store.makers import HOUR, MINUTE, WINDOW, Newsroom, WordJudge, entry, source
from tests.fakes import FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from spiders.entry import Entry

RULES = {"talks": ("#news", "#desk"), "fish": ("#news",)}
SOURCES = ("bbc", "nhk")
LONG = "ministers of two countries said on Monday that they would meet again in spring"

titles = st.sampled_from(["talks", "talks", "talks!", "fish", "fish talks", "fish! talks", "weather"])
entries = st.builds(entry, st.sampled_from("1234"), title=titles, text=st.sampled_from(["", "1", "2", LONG]))
rates = st.builds(Rate, count=st.integers(1, 4), per=st.sampled_from([2 * MINUTE, 10 * MINUTE, HOUR]))


class Raised(WordJudge):
    """Stories with an ! are critical."""

    def __call__(self, story: Any) -> Any:
        severity = Severity.CRITICAL if "!" in story.title else Severity.NOTICE
        found = super().__call__(story)
        return [replace(finding, match=replace(finding.match, severity=severity)) for finding in found]


@dataclass(frozen=True)
class Step:
    source: str
    document: Sequence[Entry]
    minutes: int  # to pass before, the minute's look taken in each of them
    restart: bool


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(SOURCES),
        st.lists(entries, max_size=5),
        st.sampled_from([0, 0, 1, 2, 5, 9, 30]),
        st.booleans(),
    ),
    max_size=10,
)


@given(plan=steps, talks=rates, fish=rates)
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_limit_holds_and_loses_nothing(empty_sqlite: Path, plan: list[Step], talks: Rate, fish: Rate) -> None:
    limits = {"talks": QuietSpec(at_most=talks), "fish": QuietSpec(at_most=fish)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tocsin.db"
        shutil.copy(empty_sqlite, path)
        clock, judge, summed = FakeClock(), Raised(RULES, quiet=limits), Summed()
        store = Store.open(f"sqlite:///{path}", clock=clock)
        newsroom = Newsroom(store, judge, clock)
        await newsroom.add(*map(source, SOURCES))
        for step in plan:
            await pass_minutes(newsroom, step.minutes, summed)
            await newsroom.visit(step.source, *step.document)
            if step.restart:
                newsroom.ingest = Ingestor(store, judge, "rev1", Ids(clock), clock, Manner(same_story=WINDOW))
        clock.advance(HOUR)
        await look(newsroom, summed)
        rows = {table.name: await everything(store, table) for table in (verdict, outbox, stream_alert)}
        await store.close()
    for rule, spec in limits.items():
        for channel in RULES[rule]:
            never_more_than_allowed(rows, rule, channel, spec.at_most)
    every_match_is_told_once(rows)
    summed.agrees_with(rows)


Key = tuple[int, int, str, str]


class Summed:
    """What each summary told of when it was written."""

    def __init__(self) -> None:
        self.verdicts: dict[str, set[Key]] = {}

    def note(self, verdicts: Sequence[Row[Any]]) -> None:
        """Remember what new summaries tell of."""
        found: dict[str, set[Key]] = defaultdict(set)
        for row in verdicts:
            if row.delivery and row.reason == Reason.OVER_LIMIT:
                found[row.delivery].add(key_of(row))
        self.verdicts |= {key: told for key, told in found.items() if key not in self.verdicts}

    def agrees_with(self, rows: dict[str, Sequence[Row[Any]]]) -> None:
        """Hold summaries to their numbers; what is no longer theirs was found to be a copy of what another tells."""
        assert {key: len(told) for key, told in self.verdicts.items()} == {
            row.delivery: row.number for row in rows["stream_alert"]
        }
        now = {key_of(row): row for row in rows["verdict"]}
        for key, told in self.verdicts.items():
            assert all(now[one].delivery == key or now[one].reason == Reason.COPY for one in told)


def key_of(row: Row[Any]) -> Key:
    return row.story_id, row.version, row.rule, row.channel


async def pass_minutes(newsroom: Newsroom, minutes: int, summed: Summed) -> None:
    for _ in range(minutes):
        newsroom.clock.advance(MINUTE)
        await look(newsroom, summed)


async def look(newsroom: Newsroom, summed: Summed) -> None:
    if (await newsroom.ingest.watch()).alerts:
        summed.note(await everything(newsroom.store, verdict))


async def everything(store: Store, table: Any) -> Sequence[Row[Any]]:
    return await store._reader.run(lambda connection: connection.execute(select(table)).all())


def never_more_than_allowed(rows: dict[str, Sequence[Row[Any]]], rule: str, channel: str, limit: Rate | None) -> None:
    assert limit
    queued = {row.key: row.queued for row in rows["outbox"] if row.channel == channel}
    messages = {
        row.delivery
        for row in rows["verdict"]
        if row.rule == rule and row.delivery in queued and row.severity < Severity.CRITICAL
    }
    times = sorted(queued[key] for key in messages)
    assert all(sum(end - limit.per < at <= end for at in times) <= limit.count for end in times), (
        f"{rule} in {channel}: {times}"
    )


def every_match_is_told_once(rows: dict[str, Sequence[Row[Any]]]) -> None:
    told: Counter[tuple[int, str, str]] = Counter()
    for row in rows["verdict"]:
        if row.delivery:
            told[row.group_id, row.rule, row.channel] += 1
        if row.reason == Reason.OVER_LIMIT:
            assert row.severity < Severity.CRITICAL
    assert set(told.values()) <= {1}
    untold = {  # what waits is told by a copy that became critical, too
        (row.story_id, row.rule, row.channel)
        for row in rows["verdict"]
        if not row.delivery and row.reason != Reason.COPY and (row.group_id, row.rule, row.channel) not in told
    } - {(row.story_id, row.rule, row.channel) for row in rows["verdict"] if row.delivery}
    assert untold == set()
