from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from crawler.capture.commits import Act, Commit
from crawler.capture.index import Entry
from crawler.capture.order import NO_ANSWERS, NOT_TAKEN_IN, order_of
from crawler.capture.playing import visits_of
from tests.crawler.capture.makers import URL, occasion
from tests.fakes import NOON

if TYPE_CHECKING:
    from crawler.capture.order import Order
    from crawler.capture.playing import Visit

SECOND = timedelta(seconds=1)


def visits(*names: str) -> list[Visit]:
    """Visits that end one after the other, a second apart."""
    found = [
        Entry(
            file="a.warc.gz",
            offset=0,
            length=1,
            url=URL,
            at=NOON + number * SECOND,
            status=200,
            reason=None,
            digest=None,
            occasion=occasion(name, began=NOON + number * SECOND),
        )
        for number, name in enumerate(names)
    ]
    return visits_of(found)


def commit(number: int, visit: str | None = None, run: str = "r1", **changes: Any) -> Commit:
    act = Act.VISIT if visit else Act.RELEASE
    values: dict[str, Any] = {"run": run, "number": number, "act": act, "now": NOON + number * SECOND, "visit": visit}
    return Commit(**values | changes)


def names(order: Order) -> list[str]:
    return [one.visit.occasion.id if one.visit else one.commit.act if one.commit else "" for one in order.deeds]


def test_visits_and_looks_come_in_the_order_in_which_they_were_taken_in() -> None:
    order = order_of(visits("r1-1", "r1-2"), [commit(3, "r1-1"), commit(1, "r1-2"), commit(2)])
    assert names(order) == ["r1-2", "release", "r1-1"]
    assert (order.unsure, order.skipped) == (0, {})


def test_without_commits_visits_come_in_the_order_of_their_last_answers_which_is_said() -> None:
    order = order_of(visits("r1-1", "r2-1", "r1-2"), [commit(1, "r2-1", run="r2")])
    assert names(order) == ["r1-1", "r1-2", "r2-1"]
    assert order.unsure == 2


def test_visits_without_a_commit_and_commits_without_answers_are_counted() -> None:
    order = order_of(visits("r1-1", "r1-2"), [commit(1, "r1-1"), commit(2, "r1-9")])
    assert names(order) == ["r1-1"]
    assert order.skipped == {NOT_TAKEN_IN: 1, NO_ANSWERS: 1}


def test_what_began_before_is_left_out() -> None:
    order = order_of(
        visits("r1-1", "r1-2"), [commit(0), commit(1, "r1-1"), commit(2, "r1-2"), commit(3)], since=NOON + SECOND
    )
    assert names(order) == ["r1-2", "release"]
