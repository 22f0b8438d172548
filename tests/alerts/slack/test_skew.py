from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from alerts.slack.skew import MOST, Skew
from tests.fakes import NOON

MINUTE = timedelta(minutes=1)


def dated(behind: timedelta) -> dict[str, str]:
    return {"Date": format_datetime(NOON - behind, usegmt=True)}


def test_the_most_that_was_ever_seen_counts() -> None:
    skew = Skew()
    assert skew.at_slack(NOON) == NOON
    for minutes in (3, 20, 7):
        skew.note(dated(minutes * MINUTE), NOON)
    assert skew.at_slack(NOON) == NOON - 20 * MINUTE


def test_a_clock_that_is_behind_is_left_alone_and_one_of_another_year_has_a_bound() -> None:
    skew = Skew()
    skew.note(dated(-20 * MINUTE), NOON)
    assert skew.at_slack(NOON) == NOON
    skew.note(dated(timedelta(days=400)), NOON)
    assert skew.at_slack(NOON) == NOON - MOST


@pytest.mark.parametrize("said", [{}, {"date": ""}, {"date": "soon"}, {"Date": "Mon, 02 Nov 2026 12:00:00"}])
def test_an_answer_without_a_date_says_nothing(said: dict[str, str]) -> None:
    skew = Skew()
    skew.note(said, NOON)
    assert skew.at_slack(NOON) == NOON
