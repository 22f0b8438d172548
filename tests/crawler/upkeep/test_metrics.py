from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.bulletin import Bulletin, Topic
from alerts.errors import Later, StoreError
from alerts.face import face_for
from alerts.outbox import Receipt
from crawler.upkeep.metrics import MeasuredIngest, MeasuredNotifier, Metrics
from crawler.visits.poll import Claim, Tally, Validators
from tests.crawler.store.makers import poll, source
from tests.fakes import NOON, FakeClock
from tests.fakes_outbox import alert, delivery

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery
    from crawler.visits.page import PageVisit
    from crawler.visits.poll import Poll

RECEIPT = Receipt(channel="C1", message="1.2")


class Ingest:
    """Takes everything in, or nothing."""

    def __init__(self, tally: Tally | None) -> None:
        self.tally = tally

    async def commit(self, poll: Poll) -> Tally:
        assert poll.source.id == "bbc"
        if self.tally is None:
            raise StoreError("the disk is full")
        return self.tally

    async def commit_page(self, visit: PageVisit) -> Tally:
        raise NotImplementedError


class Way:
    """A way out that takes its time, and may refuse."""

    rungs = 1

    def __init__(self, clock: FakeClock, *, refuses: bool = False) -> None:
        self.clock, self.refuses = clock, refuses

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        assert face == face_for(delivery)
        self.clock.advance(timedelta(seconds=2))
        if self.refuses:
            raise Later("rate-limited")
        return RECEIPT

    async def edit(self, delivery: Delivery, face: Face) -> None:
        pass

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        del channel, keys, since, thread
        return {}

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        del channel, keys, since, thread
        return {}

    async def delete(self, receipt: Receipt) -> None:
        pass

    async def close(self) -> None:
        pass


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"tocsin_{name}", labels)


def visited() -> Poll:
    return poll(Claim(source="bbc", due=NOON, token=0, first=False, validators=Validators()), source())


async def test_visits_are_counted_once_they_are_taken_in() -> None:
    metrics = Metrics()
    await MeasuredIngest(Ingest(Tally(new=3, changed=1, alerts=2)), metrics).commit(visited())
    assert value(metrics, "polls_total", answer="read") == 1
    assert value(metrics, "poll_bytes_total") == 2048
    assert value(metrics, "poll_duration_seconds_sum") == pytest.approx(0.12)
    assert value(metrics, "stories_total", change="new") == 3
    assert value(metrics, "alerts_total") == 2


async def test_what_the_store_refuses_is_no_visit() -> None:
    metrics = Metrics()
    with pytest.raises(StoreError):
        await MeasuredIngest(Ingest(None), metrics).commit(visited())
    assert value(metrics, "polls_total", answer="read") is None
    assert value(metrics, "commits_refused_total") == 1


async def test_an_accepted_message_says_how_long_its_way_was() -> None:
    metrics, clock = Metrics(), FakeClock()
    one = delivery(of=alert())
    assert await MeasuredNotifier(Way(clock), metrics, clock).send(one, face_for(one)) == RECEIPT
    assert value(metrics, "deliveries_total", call="send", outcome="accepted") == 1
    assert value(metrics, "delivery_duration_seconds_sum", call="send") == 2
    assert value(metrics, "alert_latency_seconds_sum", stage="published_to_posted") == 302
    assert value(metrics, "alert_latency_seconds_sum", stage="matched_to_posted") == 2


async def test_a_refusal_and_a_bulletin_say_nothing_about_the_way_of_stories() -> None:
    metrics, clock = Metrics(), FakeClock()
    one = delivery(of=alert())
    with pytest.raises(Later):
        await MeasuredNotifier(Way(clock, refuses=True), metrics, clock).send(one, face_for(one))
    assert value(metrics, "deliveries_total", call="send", outcome="later") == 1
    content = Bulletin(channel="#ops", topic=Topic.HEALTH, title="t")
    told = delivery()
    told = type(told)(key=told.key, content=content, state=told.state, queued=told.queued)
    await MeasuredNotifier(Way(clock), metrics, clock).send(told, face_for(told))
    assert value(metrics, "alert_latency_seconds_count", stage="published_to_posted") is None


def test_two_programs_in_one_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.alerts.inc()
    assert value(two, "alerts_total") == 0
    body, kind = one.render("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")
    assert "openmetrics" in kind
    assert one.render()[1].startswith("text/plain")
