"""The canary: a story of our own that must walk from an address to the ops channel, again and again."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from alerts.errors import FetchError, Place, StoreError
from alerts.health import Condition
from alerts.judge import Judge, Switch
from alerts.outbox import EDITED, State
from alerts.outcomes import ACCEPTED, FOUND
from alerts.rules.ruleset import compile_rules
from alerts.rules.spec import RuleSpec, Text
from alerts.upkeep_cards import Beat, of_canary, of_missed, of_return, spoken
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.store.rehearsal import Rehearsal
from crawler.visits.poll import Claim, Poll, Validators, host_of
from crawler.visits.schedule import next_visit
from spiders.source import Fulltext, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from alerts.bulletin import Bulletin
    from alerts.face import Face
    from alerts.outbox import Delivery
    from crawler.clock import Clock
    from crawler.fetch.crawl import Fetched
    from crawler.store import Store
    from crawler.store.keeper import Fate
    from crawler.upkeep.metrics import Metrics
    from crawler.upkeep.notices import Notices

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
_EARLY = timedelta(seconds=30)  # that a beat may come before its time: it is looked for once a minute
LIVING, ALARM = "canary", "canary-silent"  # the subjects of its two messages
_NOWHERE = "#canary"  # the channel that its rule names; nothing of it stays to be sent there
_RULE = "tocsin-canary"
_MARK = "TocsinCanaryMark"
_GONE = frozenset({"message-gone", "card-refused"})  # an edit that will not be tried again


class Fetcher(Protocol):
    """Fetches and reads; answered by Crawl."""

    def admit(self, host: str, port: int) -> None:
        """Let an address of our own be fetched."""

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Return what a source says; raises FetchError."""


class Turns(Protocol):
    """Whose turn it is at a host."""

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """Wait for a turn; raises FetchError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where its messages go."""

    ops: str  # the one that is edited
    alarm: str  # the one that says that it is silent: another way than the first, where there is one
    every: timedelta
    say: Callable[[datetime], str]  # writes a time


class _Missed(Exception):
    """It did not arrive; raised and caught here only."""

    def __init__(self, step: str, detail: str) -> None:
        super().__init__(step, detail)
        self.step, self.detail = step, detail


class Canary:
    """Serves one story at an address of this machine, and walks it through the parts that every story goes through.

    The same crawl fetches and reads it, an Ingestor with a rule of its own judges it in the store, in a transaction
    that is undone, and a message that quotes it goes through the outbox and the courier. So nothing of it is ever
    among what users search, count or compare.
    """

    def __init__(  # noqa: PLR0917  all that it walks through
        self,
        store: Store,
        fetcher: Fetcher,
        turns: Turns,
        clock: Clock,
        notices: Notices,
        metrics: Metrics,
        lay_out: Callable[[Delivery], Face],
    ) -> None:
        self._store = store
        self._stage = Rehearsal(store)
        self._fetcher = fetcher
        self._turns = turns
        self._clock = clock
        self._notices = notices
        self._metrics = metrics
        self._lay_out = lay_out
        self._ids = Ids(clock)
        judge = _judge()
        self._ingest = Ingestor(self._stage, judge, judge.revision, Ids(clock), clock, Manner())
        self._runner: web.AppRunner | None = None
        self._document = b""
        self._last: datetime | None = None  # when the last walk began
        self._sent: tuple[str, datetime] | None = None  # the message that has to say so, and since when
        self._arrived: datetime | None = None
        self.missed = 0  # beats, since the start

    @property
    def port(self) -> int:
        """The port that its story is served at; 0 before the first walk."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else 0

    async def resume(self) -> None:
        """Begin, and know again, after a restart, when a story arrived last."""
        self._runner = None
        try:
            told = await self._notices.told(LIVING)
            fate = await self._store.keeper.fate(told.key) if told else None
        except StoreError as error:
            log.warning("canary-forgot", extra={"detail": str(error)})
            return
        if fate is not None and fate.arrived is not None:
            self._arrived = fate.arrived
            self._metrics.canary_seen.set(fate.arrived.timestamp())

    async def tick(self, ways: Ways) -> None:
        """Walk when it is time; to be called every minute."""
        now = self._clock.now()
        if self._last is None or not timedelta() <= now - self._last < ways.every - _EARLY:
            self._last = now
            await self.walk(ways)

    async def walk(self, ways: Ways) -> bool:
        """See whether the last story arrived, send the next one on its way, and tell whether all went well."""
        try:
            arrived = await self._look_back()
            beat = await self._send()
        except _Missed as missed:
            await self._alarm(ways, missed)
            return False
        if arrived is not None:
            await self._notices.over(ALARM, of_return(ways.alarm, f"until {ways.say(arrived)}"))
        content = of_canary(ways.ops, beat, ways.say(beat.at), ways.every)
        key = await self._notices.tell(LIVING, Condition.CHANGED, content, anew=await self._needs_another(ways))
        if key is None:
            await self._alarm(ways, _Missed("to the queue", "the store could not take the message"))
            return False
        self._sent = key, beat.at
        return True

    async def stop(self) -> None:
        """Serve no more."""
        if self._runner is not None:
            await self._runner.cleanup()

    # ------------------------------------------------------------ the story before

    async def _look_back(self) -> datetime | None:
        """Return when the last story arrived, None when none was sent by us; raises _Missed."""
        if self._sent is None:
            return None
        key, since = self._sent
        fate = await self._fate(key)
        if fate is None or fate.state is not State.SENT or fate.edit_due is not None:
            raise _Missed("from the queue to the channel", _why(fate))
        self._arrived = max(fate.changed, since)
        self._metrics.canary_seen.set(self._arrived.timestamp())
        return self._arrived

    async def _needs_another(self, ways: Ways) -> bool:
        """Tell whether the message can be edited no more, or stands in another channel."""
        told = await self._notices.told(LIVING)
        fate = await self._fate(told.key) if told else None
        return fate is None or fate.channel != ways.ops or fate.state is State.DEAD or fate.last in _GONE

    async def _fate(self, key: str) -> Fate | None:
        try:
            return await self._store.keeper.fate(key)
        except StoreError as error:
            raise _Missed("from the store", str(error)) from error

    # ------------------------------------------------------------ the next one

    async def _send(self) -> Beat:
        begun, token = self._clock.now(), f"C{self._ids.delivery()}"
        try:
            await self._serve(token, begun)
            source = self._source()
            claim = Claim(source=source.id, due=begun, token=0, first=True, validators=Validators())
            async with self._turns.turn(host_of(source, claim)):
                fetched = await self._fetcher.visit(source, claim)
            await self._ingest.commit(self._poll(source, claim, fetched, begun))
        except FetchError as error:
            raise _Missed("from its address to the reader", str(error)) from error
        except StoreError as error:
            raise _Missed("into the store", str(error)) from error
        if len(self._stage.told) != 1 or token not in self._lay_out(self._stage.told[0]).headline:
            raise _Missed("from the reader to a message", f"{len(self._stage.told)} messages were made of it, not one")
        took = self._clock.now() - begun
        self._metrics.canary_time.set(took.total_seconds())
        before = spoken(self._arrived - self._sent[1]) if self._arrived and self._sent else ""
        return Beat(at=begun, token=token, took=took, arrived=f"arrived {before} after it set out" if before else "")

    async def _serve(self, token: str, now: datetime) -> None:
        """Put a story at our address, and listen there."""
        self._document = _feed(token, now).encode()
        if self._runner is not None:
            return
        app = web.Application()
        app.router.add_get("/feed.xml", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
        except OSError as error:
            await runner.cleanup()
            raise FetchError("unreachable", f"nobody can listen at {HOST}: {error.strerror}") from error
        self._runner = runner
        self._fetcher.admit(HOST, self.port)

    async def _answer(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._document, content_type="application/rss+xml")

    def _source(self) -> Source:
        url = f"http://{HOST}:{self.port}/feed.xml"
        return Source(id=_RULE, url=url, name="Canary", fulltext=Fulltext.NEVER, backlog=timedelta.max)

    def _poll(self, source: Source, claim: Claim, fetched: Fetched, begun: datetime) -> Poll:
        now = self._clock.now()
        return Poll(
            claim=claim,
            source=source,
            at=now,
            answer=fetched.answer,
            reason=fetched.reason,
            status=fetched.status,
            elapsed=now - begun,
            size=fetched.size,
            reading=fetched.reading,
            validators=fetched.validators,
            schedule=partial(next_visit, luck=0.5),
        )

    # ------------------------------------------------------------ when it is silent

    async def _alarm(self, ways: Ways, missed: _Missed) -> None:
        self.missed += 1
        self._metrics.canary_missed.inc()
        log.error("canary-missed", extra={"step": missed.step, "detail": missed.detail})
        content: Bulletin = of_missed(
            ways.alarm, missed.step, missed.detail, ways.say(self._arrived) if self._arrived else "unknown"
        )
        try:
            told = await self._notices.told(ALARM)
        except StoreError as error:
            log.warning("notice-refused", extra={"subject": ALARM, "detail": str(error)})
            return
        lasts = told is not None and told.report.is_open
        await self._notices.tell(ALARM, Condition.FAILING, content, anew=not lasts)


def _why(fate: Fate | None) -> str:
    """Say why a message does not stand there as it should."""
    if fate is None:
        return "the message is gone"
    if fate.state is not State.SENT:
        return f"{fate.state}: {fate.reason} {fate.detail}".strip()
    if fate.last in {ACCEPTED, FOUND, EDITED, ""}:
        return "nobody has tried its edit: it waits in the queue"
    return f"its edit is not accepted: {fate.last} {fate.last_detail}".strip()


def _judge() -> Judge:
    place = Place("canary", 1, 1)
    spec = RuleSpec(id=Text(_RULE, ((0, place),)), name="Canary", when=Text(_MARK, ((0, place),)), to=(_NOWHERE,))
    rules, _ = compile_rules((), (spec,))
    return Judge(rules, Switch(routes=(), defaults=()))


def _feed(token: str, now: datetime) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Canary</title><link>http://{HOST}/</link><description>Canary</description>
<item><title>{token} sings</title><link>http://{HOST}/{token}</link><guid isPermaLink="false">{token}</guid>
<pubDate>{format_datetime(now)}</pubDate><description>{_MARK}: nobody published this.</description></item>
</channel></rss>"""
