from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.capture.commits import Act, Commit
from crawler.capture.gate import Gate
from crawler.store.plan import Plan
from tests.crawler.capture.makers import delivery
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence

MEMORY: Any = None  # no step of these tests asks anything


def commit(number: int, **changes: Any) -> Commit:
    values: dict[str, Any] = {"run": "r1", "number": number, "act": Act.WATCH, "now": NOON}
    return Commit(**values | changes)


def sent(number: int, message: str | None, run: str = "r1") -> Commit:
    return commit(number, run=run, act=Act.SEND, message=message)


def queue(gate: Gate, keys: Sequence[str], then: Commit) -> None:
    """Queue messages today, in a step each, in place of those that a commit queued then."""
    gate.begin()
    steps = [lambda _, key=key: Plan(deliveries=[delivery(key)]) for key in keys]
    with gate.watch(NOON, steps) as heard:
        for step in heard:
            step(MEMORY)
    gate.keep(then)


def test_a_message_is_held_until_the_one_that_was_queued_in_its_place_was_sent() -> None:
    gate = Gate()
    queue(gate, ["a", "b"], commit(1, queued=2))
    queue(gate, ["c"], commit(2, queued=1))
    gate.let_go(sent(3, "1.1"))
    assert gate.held.keys() == {"a", "c"}
    gate.let_go(sent(4, "2.0"))
    assert gate.held.keys() == {"a"}


def test_a_message_that_there_was_not_then_waits_for_nothing() -> None:
    gate = Gate()
    queue(gate, ["a", "b"], commit(1, queued=1))
    queue(gate, ["c"], commit(2))
    assert gate.held.keys() == {"a"}


def test_after_a_restart_a_message_that_is_known_no_more_lets_those_before_it_go() -> None:
    gate = Gate()
    queue(gate, ["a"], commit(1, queued=1))
    queue(gate, ["b"], commit(1, run="r2", queued=1))
    gate.let_go(sent(2, None, run="r2"))
    assert gate.held.keys() == {"b"}
