"""Stage: the program without its clockwork, where each visit is made when it was made then."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.face import face_for
from alerts.outbox import Receipt
from alerts.pacer import Pace
from crawler.capture.commits import Act
from crawler.capture.exchange import Kind
from crawler.capture.gate import Gate
from crawler.capture.redaction import Redactor
from crawler.config.capture import secrets_of
from crawler.couriers import Couriers
from crawler.fetch.crawl import Crawl
from crawler.ids import Ids
from crawler.intake.ingest import Ingestor
from crawler.manners import manner_of
from crawler.patrol.discovering import Discovering
from crawler.patrol.pages import PagePatrol
from crawler.patrol.sources import Patrol
from crawler.patrol.turns import Turns
from crawler.store.captured import CapturedStore, FoundOut, PagesByAddress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery
    from crawler.capture.commits import Commit
    from crawler.capture.order import Deed
    from crawler.capture.playing import PlayedClock, Player, Visit
    from crawler.config.model import Config
    from crawler.fetch.crawl import Fetched, Parser
    from crawler.visits.page import PageAnswer, PageClaim, PageVisit
    from crawler.visits.poll import Claim, Poll, Tally, Validators
    from crawler.visits.standing import HostHold
    from spiders.source import Source

log = logging.getLogger(__name__)

_AT_ONCE = Pace(channel=timedelta(0), overall=timedelta(0), edits=timedelta(0), audit=timedelta(0))
_MINUTE = timedelta(minutes=1)
_OFTEN = timedelta(seconds=5)  # the daemon looks so often at what waits for its time
_AFTER = timedelta(minutes=3)  # a visit, within which every minute counts: most of what is held back is told by then
_SELDOM = timedelta(minutes=5)
_EVEN = 0.5


class Stage:
    """Makes one deed after the other, in a store of its own."""

    def __init__(
        self,
        config: Config,
        store: CapturedStore,
        crawl: Crawl,
        player: Player,
        found: Mapping[str, FoundOut],
    ) -> None:
        clock = player.clock
        turns = _NoPace(config.fetch, clock)
        self.store = store
        self.player = player
        self.skipped: Counter[str] = Counter()
        self._config = config
        self._clock = clock
        self._decided = _Decided(clock)
        self._looked = clock.now()
        self._run = ""
        self._script = _Script(store, Redactor(secrets_of(config)), found)
        self._sources = {source.id: source for source in config.sources}
        self._gate = Gate()
        self._ingest = _Ingest(self._ingestor())
        self._courier = Couriers(
            store.gated(self._gate.held.__contains__),
            _Nobody(),
            self._decided,
            config.notifiers,
            pace=_AT_ONCE,
            log=log,
            lay_out=lambda delivery, notice=None: face_for(delivery, notice=notice, wordings=config.wordings),
        )
        discovering = Discovering(crawl, turns, clock, lambda: 3 * config.fetch.timeout)
        self._visitor, self._reader = _Visitor(discovering, clock), _Reader(crawl, clock)
        self._patrol = Patrol(
            self._script,
            self._ingest,
            self._visitor,
            self._sources,
            limits=config.fetch,
            clock=clock,
            turns=turns,
            luck=lambda: _EVEN,
        )
        self._pages = PagePatrol(
            self._script, self._ingest, self._reader, self._sources, turns=turns, clock=clock, luck=lambda: _EVEN
        )

    @property
    def broken(self) -> int:
        """How many visits ended by a fault of ours."""
        return self._patrol.counts["lost"] + self._patrol.counts["refused"] + self._pages.counts["released"]

    async def open(self) -> None:
        """Get ready for the first visit."""
        await self.store.sync_sources(self._config.sources, self._clock.now())
        await self._teach()

    async def make(self, deed: Deed) -> None:
        """Do what was done then: by the very same moments, where they are known."""
        commit, visit = deed.commit, deed.visit
        self._visitor.commit = self._reader.commit = commit
        if commit:
            await self._begin(commit)
        elif visit:
            self._decided.moment = None
            await self.pass_until(visit.occasion.began)
        self._gate.begin()
        if visit:
            await self._visit(visit, commit)
        elif commit and commit.act is Act.WATCH:
            await self._ingest.watch()
        elif commit and commit.act is Act.RELEASE:
            await self._ingest.release()
        elif commit and commit.act is Act.SEND:
            self._gate.let_go(commit)
        if commit:
            self._gate.keep(commit)
        await self._courier.drain(timedelta(0))

    async def _begin(self, commit: Commit) -> None:
        """Let it be the moment of a commit, after the looks before it at which there was nothing."""
        if commit.run != self._run:  # the program was started anew then
            self._run = commit.run
            self._decided.moment = self._looked = commit.now
            self._ingest.behind = self._ingestor()
            await self._teach()
        while commit.idle and commit.idle - self._looked >= _OFTEN:
            self._looked = self._decided.moment = min(commit.idle, self._looked + _MINUTE)
            await self._ingest.release()
        self._looked = self._decided.moment = commit.now

    async def _visit(self, visit: Visit, commit: Commit | None) -> None:
        if commit:
            self._clock.back(visit.occasion.began)
        self.player.begin(visit)
        self._script.begin(visit, commit)
        is_page = visit.occasion.kind is Kind.PAGE
        if not is_page and visit.occasion.source not in self._sources:
            self.skipped["its source is not configured any more"] += 1
            return
        made = await (self._pages.tick() if is_page else self._patrol.tick())
        await (self._pages.idle() if is_page else self._patrol.idle())
        if not made:
            self.skipped["today's code does not want this page" if is_page else "the source is visited no more"] += 1

    async def pass_until(self, moment: datetime) -> None:
        """Let the time pass until a moment, and happen what only time brings about, where nobody knows when it did."""
        start = step = self._clock.now()
        while (step := step + (_MINUTE if step - start < _AFTER else _SELDOM)) < moment:
            self._clock.go(step)
            await self._look()
        self._clock.go(moment)
        if moment - self._looked >= _OFTEN:
            await self._look()

    async def _look(self) -> None:
        self._looked = self._clock.now()
        await self._ingest.watch()
        await self._ingest.release()
        await self._courier.drain(timedelta(0))

    def _ingestor(self) -> Ingestor:
        config, clock = self._config, self._decided
        judge, manner = config.judge, manner_of(config)
        return Ingestor(self.store, judge, judge.revision, Ids(clock), clock, manner, minutes=self._gate)

    async def _teach(self) -> None:
        judge = self._config.judge
        await self._ingest.behind.teach(judge, judge.revision)


@asynccontextmanager
async def staged(
    config: Config, url: str, player: Player, found: Mapping[str, FoundOut], *, parser: Parser | None
) -> AsyncIterator[Stage]:
    """Open a stage over a store that is made at ``url``; raises StoreError."""
    store = CapturedStore.open(url, clock=player.clock)
    crawl = Crawl(config.fetch, player.clock, parser=parser, extractor=parser, around=player.around)
    stage = Stage(config, store, crawl, player, found)
    try:
        await stage.open()
        await crawl.start()
        yield stage
    finally:
        await crawl.stop()
        await store.close()


class _Decided:
    """The clock by which things are decided: the moment of then where it is known, else that of what is played."""

    def __init__(self, clock: PlayedClock) -> None:
        self._clock = clock
        self.moment: datetime | None = None

    def now(self) -> datetime:
        return self.moment or self._clock.now()

    async def wait_until(self, moment: datetime) -> None:
        await self._clock.wait_until(moment)


class _Ingest:
    """The patrols' Ingest; the one behind it is another after a restart."""

    def __init__(self, behind: Ingestor) -> None:
        self.behind = behind

    async def commit(self, poll: Poll) -> Tally:
        return await self.behind.commit(poll)

    async def commit_page(self, visit: PageVisit) -> Tally:
        return await self.behind.commit_page(visit)

    async def watch(self) -> Tally:
        return await self.behind.watch()

    async def release(self) -> Tally:
        return await self.behind.release()


class _Visitor:
    """A Visitor whose visits end when they ended then."""

    def __init__(self, visitor: Discovering, clock: PlayedClock) -> None:
        self._visitor = visitor
        self._clock = clock
        self.commit: Commit | None = None

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        try:
            return await self._visitor.visit(source, claim)
        finally:
            _end(self._clock, self.commit)


class _Reader:
    """A PageReader whose visits end when they ended then, and are in haste where they were."""

    def __init__(self, crawl: Crawl, clock: PlayedClock) -> None:
        self._crawl = crawl
        self._clock = clock
        self.commit: Commit | None = None

    def known_ban(self, url: str) -> str | None:
        rule = self._crawl.known_ban(url)
        if rule:
            _end(self._clock, self.commit)
        return rule

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        if self.commit:
            fast = self.commit.fast
        try:
            return await self._crawl.article(url, source, known=known, fast=fast)
        finally:
            _end(self._clock, self.commit)


def _end(clock: PlayedClock, commit: Commit | None) -> None:
    if commit and commit.ended:
        clock.back(commit.ended)


class _Script:
    """The patrols' frontier: what is due is the visit that comes next."""

    def __init__(self, store: CapturedStore, redactor: Redactor, found: Mapping[str, FoundOut]) -> None:
        self._store = store
        self._redactor = redactor
        self._addresses = PagesByAddress(redactor.url)
        self._found = found
        self.visit: Visit | None = None
        self.commit: Commit | None = None  # of the visit

    def begin(self, visit: Visit, commit: Commit | None) -> None:
        """Let a visit be due."""
        self.visit, self.commit = visit, commit

    async def claim(self, now: datetime, limit: int, lease: timedelta) -> Sequence[Claim]:
        """Claim the source that was visited."""
        del limit
        if self.visit is None:
            return ()
        claims = await self._store.claim_now(self.visit.occasion.source, now, lease)
        return [self._as_then(one, self.visit) for one in claims]

    async def release(self, claim: Claim, *, not_before: datetime | None = None) -> None:
        """Give a claim back."""
        await self._store.release(claim, not_before=not_before)

    async def host_holds(self, now: datetime) -> Sequence[HostHold]:
        """Return none: which hosts were left alone is captured."""
        del now
        return ()

    async def claim_pages(self, now: datetime, limit: int, lease: timedelta) -> Sequence[PageClaim]:
        """Claim the page that was visited."""
        del limit
        if self.visit is None:
            return ()
        wanted = self.visit.occasion
        source = wanted.source or (self.commit and self.commit.source) or ""
        claims = await self._store.claim_page_now(source, wanted.url, self._addresses, now, lease)
        return [replace(one, due=self._due(one.due)) for one in claims]

    async def release_page(self, claim: PageClaim, *, not_before: datetime | None = None) -> None:
        """Give a claim back."""
        await self._store.release_page(claim, not_before=not_before)

    def _due(self, today: datetime) -> datetime:
        """Return since when a visit was due then, for how late it was has a say."""
        return (self.commit and self.commit.due) or today

    def _as_then(self, claim: Claim, visit: Visit) -> Claim:
        """Tell a claim what was found out before the capture began: where its source moved, what it is read as."""
        claim = replace(claim, due=self._due(claim.due))
        found = self._found.get(claim.source)
        if found is None:
            return claim
        if claim.url is None and found.moved_to and self._redactor.url(found.moved_to) == visit.occasion.url:
            claim = replace(claim, url=found.moved_to)
        if claim.standing.read_as is None and found.read_as and not visit.looks_around:
            claim = replace(claim, standing=replace(claim.standing, read_as=found.read_as))
        return claim


class _NoPace(Turns):
    """Turns that nobody waits for: when requests were made is captured."""

    def slow(self, name: str, delay: timedelta) -> None:
        """Keep no pace."""

    def hold(self, name: str, until: datetime) -> bool:
        """Leave no host alone: which visits were made is captured."""
        del name, until
        return False


class _Nobody:
    """A Notifier that takes everything and shows it to nobody."""

    rungs = 1

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Take a message."""
        del face
        return Receipt(channel=delivery.channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Take an edit."""

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return None: nothing is to be looked up."""
        del channel, keys, since, thread
        return None

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return None: nothing is to be looked up."""
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        """Take nothing away."""

    async def close(self) -> None:
        """Let go of nothing."""
