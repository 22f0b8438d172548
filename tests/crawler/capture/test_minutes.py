from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from alerts.errors import StoreError
from crawler.capture.commits import Act, Commit
from crawler.capture.minutes import Minutes
from crawler.store.plan import Plan
from crawler.visits.page import PageClaim, PageState, PageVisit
from tests.crawler.capture.makers import delivery
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

SECOND = timedelta(seconds=1)
CLAIM = PageClaim(story=1, source="wire", url="https://wire.example/a", due=NOON - SECOND, token=1)
VISIT = PageVisit(claim=CLAIM, at=NOON, state=PageState.READ, reason="200", fast=True)
MEMORY: Any = None  # no step of these tests asks anything


def nothing(_: object) -> Plan:
    return Plan()


def something(_: object) -> Plan:
    return Plan(notes=["changed"])


def take(block: AbstractContextManager[Sequence[Callable[[Any], Plan]]]) -> list[Plan]:
    """Do what the store does with steps."""
    with block as steps:
        return [step(MEMORY) for step in steps]


def kept(visit: str | None = "r-1") -> tuple[Minutes, list[Commit]]:
    found: list[Commit] = []
    return Minutes("r", lambda _: visit, found.append), found


def test_a_visit_is_kept_with_its_moments_also_when_it_changed_nothing() -> None:
    minutes, found = kept()
    assert take(minutes.visit(VISIT, NOON + SECOND, [nothing])) == [Plan(), Plan()]
    common = {"run": "r", "act": Act.VISIT, "visit": "r-1", "source": "wire", "fast": True}
    assert found == [Commit(number=1, now=NOON + SECOND, ended=NOON, due=NOON - SECOND, **common)]  # type: ignore[arg-type]


def test_the_order_is_that_of_the_transactions_not_of_who_asked_first() -> None:
    minutes, found = kept()
    with minutes.visit(VISIT, NOON, [something]) as first, minutes.watch(NOON + SECOND, [something]) as second:
        for step in (*second, *first):
            step(MEMORY)
    assert {one.act: one.number for one in found} == {Act.WATCH: 1, Act.VISIT: 2}


def test_a_look_that_brought_nothing_is_told_with_what_comes_next() -> None:
    minutes, found = kept()
    take(minutes.watch(NOON, [nothing]))
    take(minutes.release(NOON + SECOND, [nothing]))
    take(minutes.release(NOON + 2 * SECOND, [nothing, nothing]))
    assert found == []
    take(minutes.release(NOON + 3 * SECOND, [nothing, something]))
    take(minutes.visit(replace(VISIT, fast=False), NOON + 4 * SECOND, []))
    assert [(one.number, one.act, one.idle) for one in found] == [
        (1, Act.RELEASE, NOON + 2 * SECOND),
        (2, Act.VISIT, None),
    ]


def test_what_the_store_refused_and_what_is_not_captured_is_not_kept() -> None:
    minutes, found = kept()

    def refused(_: object) -> Plan:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="full"):
        take(minutes.visit(VISIT, NOON, [something, refused]))
    other, others = kept(visit=None)
    assert take(other.visit(VISIT, NOON, [something])) == [something(None)]
    assert found == others == []


def test_the_end_is_kept_where_there_was_anything() -> None:
    minutes, found = kept()
    minutes.end(NOON)
    assert found == []
    other, others = kept()
    take(other.release(NOON, [nothing]))
    other.end(NOON + SECOND)
    assert [(one.act, one.idle) for one in others] == [(Act.END, NOON)]


def test_a_message_that_is_begun_is_named_by_the_commit_that_queued_it() -> None:
    minutes, found = kept()

    def queues(_: object) -> Plan:
        return Plan(deliveries=[delivery("a"), delivery("b")])

    take(minutes.watch(NOON, [something, queues]))
    for key, is_begun in (("b", True), ("a", False), ("unknown", True)):
        with minutes.sending(key, NOON + SECOND) as heard:
            assert heard(is_begun) is is_begun
    assert [(one.number, one.act, one.queued, one.message) for one in found] == [
        (1, Act.WATCH, 2, None),
        (2, Act.SEND, 0, "1.1"),
        (3, Act.SEND, 0, None),
    ]
