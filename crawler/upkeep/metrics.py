"""Numbers for a monitoring system: counted where things happen, or read when somebody asks."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, Protocol, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector

from alerts.bulletin import Bulletin
from alerts.errors import DeliveryError, StoreError
from alerts.timing import Stage, Walk
from crawler import __version__

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.notify import Notifier
    from alerts.outbox import Delivery, Receipt
    from crawler.clock import Clock
    from crawler.visits.page import PageVisit
    from crawler.visits.poll import Poll, Tally

_T = TypeVar("_T")

_VISIT = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SEND = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAY = (1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 10_800, 21_600, 86_400)


class Metrics:
    """All of them, in a registry of their own; docs/operations.md says what each means."""

    def __init__(self) -> None:
        own = self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=own)
        Info("tocsin_build", "The program.", registry=own).info({"version": __version__})
        # counted where it happens
        self.polls = Counter("tocsin_polls", "Visits to sources, by how they ended.", ["answer"], registry=own)
        self.poll_time = Histogram(
            "tocsin_poll_duration_seconds", "How long visits took.", buckets=_VISIT, registry=own
        )
        self.poll_bytes = Counter("tocsin_poll_bytes", "Bytes of documents, decoded.", registry=own)
        self.stories = Counter("tocsin_stories", "Stories taken in, new or changed.", ["change"], registry=own)
        self.alerts = Counter("tocsin_alerts", "Messages queued.", registry=own)
        self.pages = Counter("tocsin_pages", "Visits to pages of stories, by how they ended.", ["answer"], registry=own)
        self.refused = Counter("tocsin_commits_refused", "Visits that the store did not take in.", registry=own)
        self.calls = Counter(
            "tocsin_deliveries", "Calls to a way out, by what was asked and what came of it.", ["call", "outcome"],
            registry=own,
        )  # fmt: skip
        self.call_time = Histogram(
            "tocsin_delivery_duration_seconds", "How long calls to a way out took.", ["call"], buckets=_SEND,
            registry=own,
        )  # fmt: skip
        self.way = Histogram(
            "tocsin_alert_latency_seconds", "From publication to the message, by stage.", ["stage"], buckets=_WAY,
            registry=own,
        )  # fmt: skip
        self.removed = Counter("tocsin_retention_removed", "What retention let go, by kind.", ["what"], registry=own)
        self.canary_missed = Counter("tocsin_canary_missed", "Beats of the canary that did not arrive.", registry=own)

        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"tocsin_{name}", about, labels, registry=own)

        # read when somebody asks
        self.ready = gauge("ready", "1 when /readyz says so.")
        self.sources = gauge("sources", "Sources, by how they do.", "condition")
        self.outbox = gauge("outbox_messages", "Messages, by where they stand.", "state")
        self.oldest = gauge("outbox_oldest_waiting_seconds", "Age of the message that waits longest; 0 without one.")
        self.held = gauge("outbox_held_channels", "Channels that are held back.")
        self.pages_due = gauge("pages_due", "Pages that wait for their visit.")
        self.kept = gauge("stories_kept", "Stories in the store.")
        self.figures = gauge("time_to_alert_seconds", "Last 7 days, of the busiest.", "by", "name", "stage", "quantile")
        self.store_bytes = gauge("store_bytes", "Size of the database.")
        self.disk_free = gauge("disk_free_bytes", "Free space where the store is.")
        self.disk_low = gauge("disk_low", "1 while nothing is collected for lack of space.")
        self.loop_lag = gauge("event_loop_lag_seconds", "How much later than asked the last beat of the loop came.")
        self.last_tick = gauge("last_tick_timestamp_seconds", "When due sources were looked for last.")
        self.canary_seen = gauge("canary_last_success_timestamp_seconds", "When the canary last arrived.")
        self.canary_time = gauge("canary_duration_seconds", "How long its last walk took, from fetch to queue.")
        self.canary_every = gauge("canary_interval_seconds", "How often the canary sings; 0: never.")
        self.backup_at = gauge("backup_last_success_timestamp_seconds", "When the newest copy was made.")
        self.backup_bytes = gauge("backup_bytes", "Size of the newest copy.")
        self.shards = gauge("worker_shards", "Shards of hosts that this worker crawls.")
        self.posts = gauge("worker_posts", "1 for what this worker does for all of them.", "post")
        for one in (self.store_bytes, self.disk_free, self.last_tick, self.canary_seen, self.canary_time):
            one.set(nan)  # not known yet: zero would be a claim
        for one in (self.backup_at, self.backup_bytes):
            one.set(nan)

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Return all numbers in a form that ``accept``, a header, asks for, and its content type."""
        encode, kind = choose_encoder(accept)
        return encode(self.registry), kind

    def show(self, gauge: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
        """Let a gauge have these labels and no others."""
        gauge.clear()
        for labels, value in values.items():
            gauge.labels(*labels).set(value)


class Ingest(Protocol):
    """What takes in visits and pages; answered by App's."""

    async def commit(self, poll: Poll) -> Tally:
        """Take a visit in."""

    async def commit_page(self, visit: PageVisit) -> Tally:
        """Take a page in."""


class MeasuredIngest:
    """An Ingest that counts what it takes in."""

    def __init__(self, ingest: Ingest, metrics: Metrics) -> None:
        self._ingest = ingest
        self._metrics = metrics

    async def commit(self, poll: Poll) -> Tally:
        """Commit, and count."""
        try:
            tally = await self._ingest.commit(poll)
        except StoreError:
            self._metrics.refused.inc()
            raise
        self._metrics.polls.labels(poll.answer).inc()
        self._metrics.poll_time.observe(poll.elapsed.total_seconds())
        self._metrics.poll_bytes.inc(poll.size)
        self._count(tally)
        return tally

    async def commit_page(self, visit: PageVisit) -> Tally:
        """Commit, and count."""
        try:
            tally = await self._ingest.commit_page(visit)
        except StoreError:
            self._metrics.refused.inc()
            raise
        answer = "failed" if not visit.is_answered else "read" if visit.article else "unchanged"
        self._metrics.pages.labels(answer).inc()
        self._count(tally)
        return tally

    def _count(self, tally: Tally) -> None:
        self._metrics.stories.labels("new").inc(tally.new)
        self._metrics.stories.labels("changed").inc(tally.changed)
        self._metrics.alerts.inc(tally.alerts)


class MeasuredNotifier:
    """A Notifier that counts what is asked of it, how long that takes, and how late people were told."""

    def __init__(self, notifier: Notifier, metrics: Metrics, clock: Clock) -> None:
        self._notifier = notifier
        self._metrics = metrics
        self._clock = clock

    @property
    def rungs(self) -> int:
        """How many forms of a card there are."""
        return self._notifier.rungs

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Show a message, and note how long it was on its way since it was published."""
        receipt = await self._timed("send", self._notifier.send(delivery, face))
        if not isinstance(delivery.content, Bulletin):
            self._note(delivery)
        return receipt

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Let a message show something else."""
        await self._timed("edit", self._notifier.edit(delivery, face))

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Look for messages."""
        return await self._timed("find", self._notifier.find(channel, keys, since, thread))

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Look for messages that stand there twice."""
        return await self._timed("find", self._notifier.copies(channel, keys, since, thread))

    async def delete(self, receipt: Receipt) -> None:
        """Take a message away."""
        await self._timed("delete", self._notifier.delete(receipt))

    async def close(self) -> None:
        """Let go of connections."""
        await self._notifier.close()

    async def _timed(self, call: str, doing: Awaitable[_T]) -> _T:
        begun, outcome = self._clock.now(), "broke"
        try:
            done = await doing
            outcome = "accepted"
        except DeliveryError as error:
            outcome = type(error).__name__.lower()
            raise
        finally:
            self._metrics.calls.labels(call, outcome).inc()
            took = max((self._clock.now() - begun).total_seconds(), 0.0)
            self._metrics.call_time.labels(call).observe(took)
        return done

    def _note(self, delivery: Delivery) -> None:
        story = delivery.alert.story
        walk = Walk(
            source=story.outlet.id,
            rule="",
            published=story.published,
            seen=story.seen,
            matched=delivery.queued,
            posted=self._clock.now(),
        )
        for stage in Stage:
            if (span := walk.took(stage)) is not None:
                self._metrics.way.labels(stage).observe(span.total_seconds())
