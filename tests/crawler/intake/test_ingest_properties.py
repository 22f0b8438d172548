"""Any sequence of polls, edits, copies and restarts: nothing is lost, and nothing is told twice."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.cluster import copy_key
from alerts.cluster.copies import TITLE_WORDS
from alerts.outbox import State
from alerts.policy import Reason
from crawler.store import Store
from crawler.store.schema import likeness, story, story_version, verdict
from tests.crawler.store.makers import MINUTE, Newsroom, WordJudge, entry, source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from spiders.entry import Entry

RULES = {"talks": ("#news",), "RARE": ("#news", "#minerals")}
SOURCES = ("bbc", "nhk", "afp")
LONG = "ministers of two countries said on Monday that they would meet again in spring"
STEPS = 14  # fewer than the versions that are kept

titles = st.sampled_from(["A cat", "talks", "RARE", "RARE talks", f"talks, {LONG}", f"RARE, {LONG}", LONG])
texts = st.sampled_from(["", "", "talks", f"RARE. {LONG}", f"talks. {LONG}", f"RARE talks. {LONG}"])
entries = st.builds(
    entry,
    st.sampled_from("12345"),
    title=titles,
    text=texts,
    url=st.sampled_from([None, "https://x.example/1", "https://x.example/2", "https://x.example/3"]),
    published=st.sampled_from([None, NOON - MINUTE, NOON - 3000 * MINUTE]),
)
documents = st.lists(entries, max_size=5)


@dataclass(frozen=True)
class Visit:
    source: str
    document: Sequence[Entry]
    restart: bool


visits = st.lists(st.builds(Visit, st.sampled_from(SOURCES), documents, st.booleans()), max_size=STEPS)


@given(polls=visits, visited=st.booleans())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_is_lost_and_nothing_is_told_twice(
    empty_sqlite: Path, polls: list[Visit], *, visited: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tocsin.db"
        shutil.copy(empty_sqlite, path)
        store = Store.open(f"sqlite:///{path}", clock=FakeClock())
        clock, judge = FakeClock(), WordJudge(RULES)
        newsroom = Newsroom(store, judge, clock)
        await newsroom.add(*(source(name) for name in SOURCES), visited=visited)
        offered: list[tuple[str, Entry]] = []
        for visit in polls:
            clock.advance(MINUTE)
            tally = await newsroom.visit(visit.source, *visit.document)
            assert tally.new + tally.changed + tally.seen == len(visit.document)
            offered += [(visit.source, one) for one in visit.document]
            if visit.restart:
                await store.close()
                store = newsroom.store = Store.open(f"sqlite:///{path}", clock=clock)
                again = Newsroom(store, judge, clock)
                again.sources, again._claims_at = newsroom.sources, newsroom._claims_at
                newsroom = again
        rows = {table.name: await _all(store, table) for table in (story, story_version, verdict, likeness)}
        deliveries = await store.deliveries(limit=10_000)
        await store.close()
    _nothing_is_told_twice(rows)
    _nothing_is_lost(rows, offered, visited=visited)
    told = [row for row in rows["verdict"] if row.delivery]
    withdrawn = {one.delivery.key for one in deliveries if one.delivery.state is State.WITHDRAWN}  # groups became one
    assert {row.delivery for row in told} == {one.delivery.key for one in deliveries} - withdrawn
    assert sum(len(one.delivery.alert.matches) for one in deliveries) == len(told)


async def _all(store: Store, table: Any) -> Sequence[Row[Any]]:
    return await store._reader.run(lambda connection: connection.execute(select(table)).all())


def _nothing_is_told_twice(rows: dict[str, Sequence[Row[Any]]]) -> None:
    text = {(row.story_id, row.version): copy_key(row.title, row.text) for row in rows["story_version"]}
    sent = [row for row in rows["verdict"] if row.delivery]
    by_group = Counter((row.group_id, row.rule, row.channel) for row in sent)
    by_story = Counter((row.story_id, row.rule, row.channel) for row in sent)
    by_text = Counter((text[row.story_id, row.version], row.rule, row.channel) for row in sent)
    assert all(count == 1 for count in (by_group | by_story).values())
    assert all(count == 1 for (key, *_), count in by_text.items() if key)


def _nothing_is_lost(
    rows: dict[str, Sequence[Row[Any]]], offered: Sequence[tuple[str, Entry]], *, visited: bool
) -> None:
    """Every offered entry has its verdicts, and each of them that sends nothing has somebody who did."""
    of_source = {row.id: row.source_id for row in rows["story"]}
    versions = defaultdict(list)
    for row in rows["story_version"]:
        versions[of_source[row.story_id], row.title, row.text].append((row.story_id, row.version))
    verdicts = {(row.story_id, row.version, row.rule, row.channel): row for row in rows["verdict"]}
    family = _families(rows)
    sent = [row for row in rows["verdict"] if row.delivery]
    told_by_story = {(row.story_id, row.rule, row.channel) for row in sent}
    told_by_family = {(family.get(row.story_id, row.story_id), row.rule, row.channel) for row in sent}
    for name, one in offered:
        kept = versions[name, one.title, one.text]
        assert kept
        for word, channels in RULES.items():
            if word not in one.title and word not in one.text:
                continue
            for channel in channels:
                of = word.lower(), channel
                for at in kept:
                    reason = Reason(verdicts[(*at, *of)].reason)
                    by_family = (family[at[0]], *of) in told_by_family  # what it told itself may be withdrawn since
                    assert reason is not Reason.TOLD or (at[0], *of) in told_by_story or by_family
                    assert reason is not Reason.COPY or by_family
                    assert reason is not Reason.BACKLOG or not visited


def _families(rows: dict[str, Sequence[Row[Any]]]) -> dict[int, int]:
    """Return a common representative for stories that share a likeness key or were of a group, at whatever remove."""
    parent: dict[Any, Any] = {}

    def find(node: Any) -> Any:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for row in rows["likeness"]:
        parent[find(row.key)] = find(row.story_id)
    for row in rows["verdict"]:
        parent[find(("group", row.group_id))] = find(row.story_id)
    for row in rows["story"]:
        parent[find(("group", row.group_id))] = find(row.id)
    for row in rows["story_version"]:
        if len(row.title.split()) >= TITLE_WORDS:  # enough for a summary to be known by
            parent[find(("title", row.title))] = find(row.story_id)
    return {row.id: find(row.id) for row in rows["story"]}
