"""Outlets that answer without a network: a Crawl for trials in simulated time, and the bad weather they live in."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.errors import FetchError
from crawler.fetch.crawl import Crawl, Fetched
from crawler.visits.page import PageAnswer
from crawler.visits.poll import Answer, Validators
from spiders.article import Article
from spiders.entry import Entry, Reading

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bench.newswire import Newswire, Piece
    from crawler.clock import Clock
    from crawler.config.model import FetchConfig
    from crawler.visits.poll import Claim
    from spiders.source import Source

_FAULTS = {  # of a visit, and how often
    "http-500": 0.01,
    "http-503": 0.005,
    "http-429": 0.002,
    "timeout": 0.01,
    "reset": 0.005,
    "unreadable": 0.002,
}
_STATUS = {"http-500": 500, "http-503": 503, "http-429": 429}
_CARELESS = 7  # each so many-th outlet sends no ETag, so that its bytes are compared
_HOUR = timedelta(hours=1)
_SAME = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Spell:
    """From when to when something is so."""

    begins: datetime
    ends: datetime

    def holds(self, now: datetime) -> bool:
        """Whether it is so at a moment."""
        return self.begins <= now < self.ends


class Weather:
    """What goes wrong, and when: the same for the same seed."""

    def __init__(self, hosts: int, start: datetime, span: timedelta, seed: int) -> None:
        chance = random.Random(f"weather {seed}")

        def spell(after: float, long: timedelta) -> Spell:
            begins = start + span * after
            return Spell(begins, begins + long)

        self.is_over = False  # once it is, nothing goes wrong any more
        self.wrong_when_planned: dict[str, timedelta] = {}  # the clock, at the last visit of each source
        self._away = [
            spell(chance.uniform(0.1, 0.9), timedelta(hours=chance.uniform(1, 4))) if chance.random() < 0.3 else None
            for _ in range(hosts)
        ]
        self._nameless = spell(0.55, _HOUR)  # no name can be looked up
        self._wrong = spell(0.42, 3 * _HOUR)  # the clock is an hour behind
        self._slack = (spell(0.2, 5 * _HOUR), spell(0.7, 2 * _HOUR), spell(0.75, _HOUR / 2))

    def outage(self, host: int, now: datetime) -> str | None:
        """Return why nothing of a host can be read at a moment; None when it can."""
        if self.is_over:
            return None
        if self._nameless.holds(now):
            return "dns"
        away = self._away[host]
        return "refused" if away and away.holds(now) else None

    def slack_is_away(self, now: datetime) -> bool:
        """Whether Slack is down."""
        return any(one.holds(now) for one in self._slack)

    def wrong_clock(self, now: datetime) -> timedelta:
        """Return by how much the machine's clock is wrong."""
        return -_HOUR if self._wrong.holds(now) else timedelta(0)


class OutletCrawl(Crawl):
    """Answers visits from a newswire; nothing is fetched and no worker is started."""

    def __init__(
        self, config: FetchConfig, clock: Clock, wire: Newswire, weather: Weather, true: Callable[[], datetime]
    ) -> None:
        """``true`` tells the time that the outlets go by."""
        super().__init__(config, clock)
        self._wire = wire
        self._weather = weather
        self._true = true
        self._chance = random.Random("outlets")
        self.late: list[float] = []  # seconds of each visit after its time, by the true time
        self.late_by_clock: list[float] = []  # of those for which the clock was set between plan and visit

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self, timeout: timedelta = timedelta(0)) -> None:  # noqa: ASYNC109 -- the overridden one has it
        """Do nothing."""

    def known_ban(self, url: str) -> None:
        """Return None: everything may be read."""
        del url

    async def visit(self, source: Source, claim: Claim) -> Fetched:
        """Return what an outlet lists now; raises FetchError as the weather has it."""
        number, now = int(source.id[1:]), self._true()
        self._note(source.id, claim, now)
        self._fail(source.url, now)
        revision, known = self._wire.revision(number, now), claim.validators
        fresh = Validators(
            etag=f'"{revision}"' if number % _CARELESS else None,
            body_hash=blake2b(f"{number} {revision}".encode(), digest_size=16).digest(),
        )
        if fresh.etag and fresh.etag == known.etag and not claim.unconditional:
            return _fetched(source, fresh, Answer.UNCHANGED, "304")
        if fresh.body_hash == known.body_hash:
            return _fetched(source, fresh, Answer.UNCHANGED, "same-body")
        entries = tuple(_entry(piece, source, now) for piece in self._wire.listed(number, now))
        reading = Reading(title=source.name, dialect="rss20", language="en", entries=entries)
        return _fetched(source, fresh, Answer.READ, "200", reading=reading)

    async def article(self, url: str, source: Source, *, known: Validators, fast: bool) -> PageAnswer:
        """Return the page of a piece; raises FetchError as the weather has it."""
        del fast
        now = self._true()
        self._fail(url, now)
        number = int(urlsplit(url).path.rpartition("/")[2])
        piece = self._wire.piece(int(source.id[1:]), number)
        if piece is None:
            raise FetchError("http-404", "no such page", status=404)
        text = f"{piece.says(now)}\n\n{piece.page}"
        fresh = Validators(body_hash=blake2b(text.encode(), digest_size=16).digest())
        if fresh.body_hash == known.body_hash:
            return PageAnswer(reason="same-body", validators=fresh)
        article = Article(title=piece.title, text=text, published=piece.at, language="en", method="extraction")
        return PageAnswer(reason="200", article=article, validators=fresh)

    def _note(self, name: str, claim: Claim, now: datetime) -> None:
        """Note how late a visit is by the true time, whatever the clock said when it was planned."""
        wrong, before = self._clock.now() - now, self._weather.wrong_when_planned.get(name, timedelta(0))
        late = max((now - (claim.due - before)).total_seconds(), 0.0)
        (self.late if abs(wrong - before) < _SAME else self.late_by_clock).append(late)
        self._weather.wrong_when_planned[name] = wrong

    def _fail(self, url: str, now: datetime) -> None:
        host = urlsplit(url).hostname or ""
        if reason := self._weather.outage(int(host.removeprefix("outlet").partition(".")[0]), now):
            raise FetchError(reason, f"{host} cannot be reached")
        if self._weather.is_over:
            return
        reason = self._chance.choices(["", *_FAULTS], [1 - sum(_FAULTS.values()), *_FAULTS.values()])[0]
        if reason:
            after = timedelta(minutes=2) if reason in {"http-503", "http-429"} else None
            raise FetchError(reason, "as the trial wants it", status=_STATUS.get(reason), retry_after=after)


def _entry(piece: Piece, source: Source, now: datetime) -> Entry:
    base = source.url.partition("/feed/")[0]
    return Entry(
        identity=f"{piece.source}-{piece.number}",
        url=f"{base}/page/{piece.source}/{piece.number}",
        title=piece.title,
        text=piece.says(now),
        language="en",
        published=piece.at,
    )


def _fetched(
    source: Source, known: Validators, answer: Answer, reason: str, *, reading: Reading | None = None
) -> Fetched:
    return Fetched(
        answer=answer,
        reason=reason,
        status=304 if reason == "304" else 200,
        url=source.url,
        size=5_000 if reading else 0,
        reading=reading,
        validators=known,
    )
