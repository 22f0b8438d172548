from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.routing.budget import overrun
from alerts.rules.spec import Rate
from alerts.story import Severity
from tests.fakes import NOON

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
THREE = Rate(count=3, per=HOUR)


def test_what_was_sent_within_the_period_counts() -> None:
    sent = [NOON - HOUR, NOON - 50 * MINUTE, NOON - 10 * MINUTE]
    assert overrun(THREE, sent, Severity.HIGH, NOON) is None  # the first has just left the period
    found = overrun(THREE, [*sent, NOON], Severity.HIGH, NOON)
    assert found
    assert (found.sent, found.room) == (3, NOON + 10 * MINUTE)
    assert found.says == "the channel had 3 messages in 1 h, and its budget is 3"


def test_a_critical_message_always_passes() -> None:
    assert overrun(THREE, [NOON] * 30, Severity.CRITICAL, NOON) is None


def test_without_a_budget_everything_passes() -> None:
    assert overrun(None, [NOON] * 30, Severity.INFO, NOON) is None


def test_a_budget_that_was_lowered_has_room_when_enough_has_left_the_period() -> None:
    sent = [NOON - minutes * MINUTE for minutes in (50, 40, 30, 20, 10)]
    found = overrun(THREE, sent, Severity.HIGH, NOON)
    assert found
    assert found.room == NOON + 30 * MINUTE


@given(st.lists(st.integers(0, 7200), max_size=60), st.integers(1, 9))
def test_no_hour_ever_holds_more_than_the_budget(seconds: list[int], count: int) -> None:
    budget = Rate(count=count, per=HOUR)
    sent: list[datetime] = []
    for second in sorted(seconds):
        now = NOON + timedelta(seconds=second)
        found = overrun(budget, sent, Severity.NOTICE, now)
        if found is None:
            sent.append(now)
        else:
            assert overrun(budget, sent, Severity.NOTICE, found.room) is None
            assert overrun(budget, sent, Severity.NOTICE, found.room - timedelta(seconds=1))
    assert all(sum(at <= other < at + HOUR for other in sent) <= count for at in sent)
