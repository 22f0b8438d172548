"""How fast the console's pages come from a store with very many stories."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import httpx

from alerts.outbox import Settlement, State
from alerts.policy import Reason
from alerts.story import Field, Match, Severity, Span
from bench.copies import SEED, SOURCES, START, Moment, Wire
from crawler.config import load
from crawler.config.model import ConsoleConfig
from crawler.console.app import build
from crawler.console.live import Live
from crawler.console.pages_now import newest
from crawler.console.pages_stories import EVERYTHING
from crawler.console.pages_system import Notes
from crawler.console.rendering import Renderer
from crawler.console.room import Room
from crawler.ids import Ids, encode
from crawler.store import Store, deliveries, engine, migrate, stories, visits
from crawler.store.browse import Browse
from crawler.store.plan import NewDelivery, Plan, Verdict, Version
from crawler.store.search import Search
from crawler.store.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from alerts.story import Story

STORIES = 50_000
AT_ONCE = 20_000  # stories of one transaction
MATCHED = 0.02  # of the stories
DEAD = 0.01  # of the messages
LOOKS = 20  # at each page, after the first
RULES = tuple(f"rule-{number}" for number in range(20))
CHANNEL = "#news"


def main(count: int = STORIES, keep: Path | None = None, looks: int = LOOKS) -> None:
    """Fill a store and print how long each page takes: the first time, the median and the slowest of some looks.

    On a busy machine the last column says more: how long a processor was at work for a look, at the median.

    It is a real one, filled by its own code, and asked through the whole application, without a socket. A store that
    ``keep`` names is made once and used again.
    """
    print(f"console: {count:,} stories, {MATCHED:.0%} of them matched and told; one SQLite file")
    with TemporaryDirectory() as folder:
        path = (keep or Path(folder) / "console.db").resolve()
        if not path.exists():
            start = time.perf_counter()
            fill(path, count)
            print(f"  filled in {time.perf_counter() - start:,.0f} s, {path.stat().st_size / 1e9:.2f} GB", flush=True)
        asyncio.run(look(path, Path(folder), looks))


def fill(path: Path, count: int) -> None:
    """Write stories, and what rules found in them."""
    writer, wire, dice = Worker(engine.writer(path), path, "bench-fill"), Wire(count), random.Random(SEED)
    ids = Ids(Moment(START), dice)
    try:
        writer.run_now(migrate.upgrade)
        writer.run_now(partial(visits.sync, sources=SOURCES, now=START))
        for start in range(0, count, AT_ONCE):
            told = [wire.story() for _ in range(min(AT_ONCE, count - start))]
            plan, sent = _planned(told, ids, dice)
            writer.run_now(partial(stories.write, plan=plan))
            writer.run_now(partial(_settle, sent=sent))
    finally:
        writer.close()


def _planned(told: Sequence[Story], ids: Ids, dice: random.Random) -> tuple[Plan, Sequence[NewDelivery]]:
    matched = [one for one in told if dice.random() < MATCHED]
    new = [
        NewDelivery(
            key=ids.delivery(), group=one.id, story=one.id, version=1, channel=CHANNEL, severity=20, queued=one.seen
        )
        for one in matched
    ]
    verdicts = [
        Verdict(
            story=one.id,
            version=1,
            group=one.id,
            match=Match(rule=rule, name=rule, severity=Severity.NOTICE, spans=(Span(Field.TITLE, 0, 5),)),
            channel=CHANNEL,
            reason=Reason.FIRST,
            delivery=delivery.key,
        )
        for one, delivery in zip(matched, new, strict=True)
        for rule in [dice.choice(RULES)]
    ]
    versions = [Version(story=one, group=one.id, at=one.seen, rules="bench") for one in told]
    return Plan(versions=versions, deliveries=new, verdicts=verdicts), new


def _settle(connection: Connection, sent: Sequence[NewDelivery]) -> None:
    for number, one in enumerate(sent):
        state = State.DEAD if number % round(1 / DEAD) == 0 else State.SENT
        deliveries.begin(connection, one.key, one.queued)
        deliveries.settle(connection, one.key, Settlement(state=state, reason="accepted"), one.queued)


async def look(path: Path, folder: Path, looks: int) -> None:
    """Ask for each page and print how long it takes."""
    config = folder / "config.yaml"
    rules = "\n".join(f"  - {{id: {rule}, when: word{number}}}" for number, rule in enumerate(RULES))
    config.write_text(f'store: sqlite:///{path}\ndefaults: {{to: "{CHANNEL}"}}\nrules:\n{rules}\n')
    loaded = load(config, {})
    clock = Moment(START)
    store = Store.open(loaded.store, clock=clock, exclusive=False)
    browse = Browse.beside(store)
    room = Room(
        browse=browse, people=store.people, config=lambda: loaded, clock=clock, renderer=Renderer(), wake=lambda: None
    )
    live = Live(lambda: newest(room), lambda _: "")
    app = build(room, ConsoleConfig(), live=live, notes=Notes(), file=path)
    (last,) = await browse.search(Search(query=EVERYTHING, limit=1))
    clock.at = last.seen
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8321") as client:
        print(f"  {'page':<44}{'first, ms':>10}{'median':>9}{'slowest':>9}{'of processor':>14}")
        for page in _pages(last):
            print(f"  {await _timed(client, page, looks)}", flush=True)
    browse.close()
    await store.close()


def _pages(last: Story) -> Iterator[str]:
    common, rare = last.text.split()[0], max(last.text.split(), key=len)
    code = encode(last.id)
    yield from ("/", "/stories", f"/stories?q={common}", f"/stories?q={rare}&by=relevance", "/stories?matched=1")
    yield from (f"/stories?q={common}&matched=1", f"/stories/{code}", "/sources", "/sources/s1", "/rules")
    yield from (f"/rules/{RULES[0]}", "/delivery", "/delivery?state=dead", "/delivery?state=sent", "/system")
    yield from ("/api/v1/stories", "/api/v1/matches", "/api/v1/alerts", f"/feeds/{RULES[0]}.atom")


async def _timed(client: httpx.AsyncClient, page: str, looks: int) -> str:
    took: list[float] = []
    worked: list[float] = []
    for _ in range(looks + 1):
        start, busy = time.perf_counter(), time.process_time()
        answer = await client.get(page)
        took.append((time.perf_counter() - start) * 1e3)
        worked.append((time.process_time() - busy) * 1e3)
        answer.raise_for_status()
    return f"{page:<44}{took[0]:>10.1f}{median(took[1:]):>9.1f}{max(took[1:]):>9.1f}{median(worked):>14.1f}"


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
