"""Small makers of sources, entries and polls, a judge that looks for words, and a newsroom that wires them up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.judge import Finding
from alerts.story import Alert, Field, Match, Severity, Span
from alerts.stream import StreamRule
from crawler.ids import Ids
from crawler.intake.calm import Manner
from crawler.intake.ingest import Ingestor
from crawler.visits.poll import Answer, Claim, Poll, Tally, Validators
from crawler.visits.standing import Next, Standing
from spiders.entry import Entry, Reading
from spiders.source import Fulltext, Source
from tests.fakes import NOON, FakeClock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from alerts.rules.spec import QuietSpec, StreamSpec
    from alerts.story import Story
    from alerts.tuning.clauses import Clause
    from crawler.store import Store

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WINDOW = timedelta(hours=72)
LEASE = timedelta(minutes=2)


def source(id_: str = "bbc", **changes: Any) -> Source:
    values: dict[str, Any] = {
        "id": id_,
        "url": f"https://{id_}.example/feed",
        "name": id_.upper(),
        "fulltext": Fulltext.NEVER,
    }
    return Source(**(values | changes))


def entry(identity: str = "a", title: str = "Japan and France open talks", text: str = "", **changes: Any) -> Entry:
    values: dict[str, Any] = {"url": f"https://bbc.example/{identity}", "published": NOON - MINUTE}
    return Entry(identity=identity, title=title, text=text, **(values | changes))


def reading(*entries: Entry, **changes: Any) -> Reading:
    return Reading(title="A feed", dialect="rss20", entries=entries, **changes)


def poll(
    claim: Claim,
    of: Source,
    *entries: Entry,
    at: datetime = NOON,
    failures: int = 0,
    next_at: datetime | None = None,
    next_why: str = "every 15m",
    plan: Next | None = None,
    **changes: Any,
) -> Poll:
    """Make a poll; the next visit is ``plan``, or of these few facts."""
    chosen = plan or Next(
        at=next_at or at + (of.every or 15 * MINUTE), why=next_why, standing=Standing(failures=failures, last_full=at)
    )
    values: dict[str, Any] = {
        "answer": Answer.READ,
        "reason": "200",
        "status": 200,
        "elapsed": timedelta(milliseconds=120),
        "size": 2048,
        "reading": reading(*entries),
        "validators": Validators(etag='W/"1"', last_modified="Mon, 02 Nov 2026 12:00:00 GMT", body_hash=b"0" * 16),
        "schedule": lambda _poll, _tally: chosen,
    }
    return Poll(claim=claim, source=of, at=at, **(values | changes))


def nothing(rule: str, story: Story) -> tuple[Clause, ...]:
    """Say that no clause is known to hold."""
    del rule, story
    return ()


class WordJudge:
    """A rule for each word: it holds where the word stands, and names these channels.

    ``streams`` are those of the rules that have conditions on the stream, and ``quiet`` says how rules keep quiet,
    both by word in lower case; words in ``shadows`` are on trial; more text may undo rules in ``undoable``.
    """

    def __init__(
        self,
        rules: Mapping[str, tuple[str, ...]],
        streams: Mapping[str, StreamSpec] | None = None,
        *,
        shadows: Collection[str] = (),
        quiet: Mapping[str, QuietSpec] | None = None,
        undoable: Collection[str] = (),
    ) -> None:
        self.rules = rules
        self.specs = streams or {}
        self.shadows = shadows
        self.quiet = quiet or {}
        self.undoable = undoable
        self.judged: list[tuple[int, int]] = []

    def may_be_undone(self, rule: str) -> bool:
        return rule in self.undoable

    @property
    def streams(self) -> Mapping[str, StreamRule]:
        return {
            word.lower(): StreamRule(
                id=word.lower(),
                name=f"About {word}",
                severity=Severity.CRITICAL if word.isupper() else Severity.NOTICE,
                tags=("t",),
                channels=channels,
                shadow=word in self.shadows,
                spec=self.specs[word.lower()],
            )
            for word, channels in self.rules.items()
            if word.lower() in self.specs
        }

    def __call__(self, story: Story) -> list[Finding]:
        self.judged.append((story.id, story.version))
        found = []
        for word, channels in self.rules.items():
            fields = ((field, getattr(story, field)) for field in (Field.TITLE, Field.TEXT))
            spans = tuple(
                Span(field, text.index(word), text.index(word) + len(word)) for field, text in fields if word in text
            )
            if spans:
                severity = Severity.CRITICAL if word.isupper() else Severity.NOTICE
                match = Match(
                    rule=word.lower(),
                    name=f"About {word}",
                    severity=severity,
                    spans=spans,
                    tags=("t",),
                    shadow=word in self.shadows,
                )
                found.append(Finding(match=match, channels=channels))
        return found


class Newsroom:
    """A store, an ingestor and a clock, with sources that were visited before unless said otherwise."""

    def __init__(self, store: Store, judge: WordJudge, clock: FakeClock, same_story: timedelta = WINDOW) -> None:
        self.store = store
        self.judge = judge
        self.clock = clock
        self.ingest = Ingestor(store, judge, "rev1", Ids(clock), clock, Manner(same_story=same_story))
        self.sources: dict[str, Source] = {}
        self._claims_at = clock.now() + timedelta(days=400)

    async def add(self, *sources: Source, visited: bool = True) -> None:
        self.sources |= {one.id: one for one in sources}
        await self.store.sync_sources(list(self.sources.values()), self.clock.now())
        if visited:
            for one in sources:
                await self.visit(one.id)

    async def claim(self, name: str) -> Claim:
        """Claim one source, due or not yet."""
        self._claims_at += 2 * LEASE  # a lease that a failed visit left behind has ended by now
        claims = {one.source: one for one in await self.store.claim(self._claims_at, 1000, LEASE)}
        for one in claims.values():
            if one.source != name:
                await self.store.release(one)
        return claims[name]

    async def visit(self, name: str, *entries: Entry, floods: Any = False, **changes: Any) -> Tally:
        """Visit a source; only with ``floods`` may so much, or so late, be a flood."""
        of, claim = self.sources[name], await self.claim(name)
        if not floods:
            claim = replace(claim, standing=replace(claim.standing, last_ok=None))
        return await self.ingest.commit(poll(claim, of, *entries, at=self.clock.now(), **changes))

    async def told(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Every delivery there is, oldest first: channel, title, rules."""
        rows = await self.store.deliveries(limit=1000)
        alerts = [row.delivery.alert for row in reversed(rows)]
        return [(one.channel, one.story.title, tuple(match.rule for match in one.matches)) for one in alerts]

    async def trends(self) -> list[tuple[str, str, str, tuple[str, ...]]]:
        """Every delivery that tells of many stories, oldest first: channel, what they say, title, next titles."""
        contents = [row.delivery.content for row in reversed(await self.store.deliveries(limit=1000))]
        return [
            (one.channel, one.trend.says, one.story.title, tuple(headline.title for headline in one.trend.top))
            for one in contents
            if isinstance(one, Alert) and one.trend
        ]

    async def reasons(self) -> list[tuple[str, str, str]]:
        """Every verdict there is, by story and version: rule, channel, reason."""
        outcomes = await self.store.outcomes(NOON - timedelta(days=400))
        return [(ruling.match.rule, ruling.channel, str(ruling.reason)) for one in outcomes for ruling in one.rulings]
