from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.escalation import STALE, Standing, Watched, due, next_due, steps
from alerts.routing.spec import EscalateSpec
from alerts.story import Severity
from tests.fakes import NOON

MINUTE = timedelta(minutes=1)
SPECS = (
    EscalateSpec(severity=Severity.CRITICAL, unless_acked=15 * MINUTE, to=("#managers",)),
    EscalateSpec(severity=Severity.HIGH, unless_acked=30 * MINUTE, to=("#desk", "#managers")),
)


def message(**changes: Any) -> Watched:
    values: dict[str, Any] = {"key": "k1", "severity": Severity.CRITICAL, "told": NOON}
    return Watched(**(values | changes))


def test_each_channel_is_told_once_at_its_earliest_time() -> None:
    found = steps(SPECS, message(), NOON)
    assert [(step.to, step.at - NOON) for step in found] == [("#managers", 15 * MINUTE), ("#desk", 30 * MINUTE)]


def test_only_what_is_grave_enough_is_escalated() -> None:
    assert [step.to for step in steps(SPECS, message(severity=Severity.HIGH), NOON)] == ["#desk", "#managers"]
    assert steps(SPECS, message(severity=Severity.NOTICE), NOON) == ()


def test_it_is_due_when_the_wait_is_over() -> None:
    assert due(SPECS, [message()], NOON + 15 * MINUTE - timedelta(seconds=1)) == ()
    (step,) = due(SPECS, [message()], NOON + 15 * MINUTE)
    assert (step.key, step.to, step.says) == ("k1", "#managers", "nobody acknowledged it within 15 min")


def test_an_acknowledgement_ends_it_also_a_late_one() -> None:
    late = message(acked=NOON + 20 * MINUTE)
    found = steps(SPECS, late, NOON + 40 * MINUTE)
    assert {step.standing for step in found} == {Standing.ACKED}
    assert found[0].says == "acknowledged at 2026-11-02 12:20 UTC"


def test_what_a_channel_was_told_is_not_told_again_when_the_file_changes() -> None:
    changed = (EscalateSpec(severity=Severity.HIGH, unless_acked=20 * MINUTE, to=("#managers", "#night")),)
    found = due(changed, [message(escalated=frozenset({"#managers"}))], NOON + 40 * MINUTE)
    assert [step.to for step in found] == ["#night"]


def test_nobody_is_woken_by_what_is_long_past() -> None:
    now = NOON + 15 * MINUTE + STALE
    assert [step.to for step in due(SPECS, [message()], now)] == ["#managers", "#desk"]
    found = steps(SPECS, message(), now + timedelta(seconds=1))
    assert [step.standing for step in found] == [Standing.STALE, Standing.DUE]


@given(st.integers(0, 60), st.none() | st.integers(0, 60), st.sets(st.sampled_from(["#managers", "#desk"])))
def test_looking_when_it_asks_to_be_looked_at_misses_nothing(minute: int, acked: int | None, done: set[str]) -> None:
    one = message(acked=None if acked is None else NOON + acked * MINUTE, escalated=frozenset(done))
    now = NOON + minute * MINUTE
    at = next_due(SPECS, [one], now)
    if due(SPECS, [one], now):
        assert at is not None
        assert at <= now
    elif at is not None:
        assert at > now
        assert due(SPECS, [one], at)
        assert not due(SPECS, [one], at - timedelta(seconds=1))
