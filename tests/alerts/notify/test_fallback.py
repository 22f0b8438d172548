from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.errors import StoreError
from alerts.notify.fallback import (
    PATIENCE,
    Fallback,
    Waiting,
    copy_of,
    handings,
    is_copy,
    kept_by,
    origin_of,
    refused_since,
    unreached,
)
from alerts.story import Severity
from tests.fakes import NOON

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pytest

LONG_AGO = NOON - PATIENCE
JUST_NOW = LONG_AGO + timedelta(seconds=1)


def waiting(
    key: str,
    channel: str = "#news",
    severity: Severity = Severity.CRITICAL,
    *,
    refused: datetime | None = None,
    route: datetime | None = None,
) -> Waiting:
    return Waiting(key=key, channel=channel, severity=severity, refused=refused or route, route_refused=route)


def keys(*rows: Waiting, refusing: Sequence[str | None] = ("#news",)) -> list[str]:
    return [one.key for one in handings(rows, refusing, "mail", NOON)]


def test_a_critical_message_is_handed_over_when_its_channel_has_refused_for_long_enough() -> None:
    assert keys(waiting("K1", refused=LONG_AGO)) == ["K1"]
    assert keys(waiting("K1", refused=JUST_NOW)) == []
    assert keys(waiting("K1", refused=LONG_AGO), refusing=[]) == []
    assert keys(waiting("K1", refused=LONG_AGO), refusing=["#other"]) == []


def test_one_that_comes_later_need_not_wait_again() -> None:
    assert keys(waiting("K1", severity=Severity.HIGH, refused=LONG_AGO), waiting("K2")) == ["K2"]


def test_a_route_that_refuses_speaks_for_all_of_its_channels_and_for_no_other_way() -> None:
    rows = (
        waiting("K1", route=LONG_AGO),
        waiting("K2", "#minerals"),
        waiting("K3", "pagerduty"),
        waiting("K4", "mail"),
    )
    assert keys(*rows, refusing=[None]) == ["K1", "K2"]


def test_what_a_channel_refused_long_ago_says_nothing_about_the_route() -> None:
    rows = (waiting("K1", "#archived", refused=LONG_AGO - timedelta(days=1)), waiting("K2", route=JUST_NOW))
    assert keys(*rows, refusing=[None]) == []


def test_another_way_may_be_refused_as_well_but_the_fallback_has_none_of_its_own() -> None:
    rows = (waiting("K1", "pagerduty", route=LONG_AGO), waiting("K2", "mail", route=LONG_AGO))
    assert keys(*rows, refusing=["pagerduty", "mail"]) == ["K1"]


def test_a_copy_is_never_copied() -> None:
    assert keys(waiting(copy_of("K1"), "pager", refused=LONG_AGO), refusing=["pager"]) == []
    assert origin_of(copy_of("K1")) == origin_of("K1") == "K1"
    assert (is_copy("K1"), is_copy(copy_of("K1"))) == (False, True)


def test_the_reason_says_who_refuses_since_when() -> None:
    (one,) = handings([waiting("K1", refused=LONG_AGO)], ["#news"], "mail", NOON)
    assert one.reason == "#news has refused messages since 2026-11-02 11:55 UTC"
    (one,) = handings([waiting("K1", route=LONG_AGO)], [None], "mail", NOON)
    assert one.reason.startswith("the main route has refused")


class Queue:
    """A waitlist that says which keys it handed over, or that it cannot."""

    def __init__(self, *answers: list[str] | StoreError) -> None:
        self._answers = list(answers)

    async def hand_over(self, to: str, now: datetime) -> Sequence[str]:
        assert (to, now) == ("mail", NOON)
        answer = self._answers.pop(0)
        if isinstance(answer, StoreError):
            raise answer
        return answer


async def test_the_courier_is_told_and_a_store_that_cannot_be_written_is_survived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    woken: list[bool] = []
    queue = Queue([], ["K1", "K2"], StoreError("the disk is full"))
    fallback = Fallback(queue, "mail", lambda: NOON, wake=lambda: woken.append(True), log=logging.getLogger("test"))
    assert [await fallback.tick() for _ in range(3)] == [0, 2, 0]
    assert woken == [True]
    assert [record.message for record in caplog.records] == ["handed-over", "handed-over", "fallback-refused"]


def test_since_when_a_way_out_refuses_is_told_by_what_still_waits_there() -> None:
    rows = [waiting("K1", refused=JUST_NOW), waiting("K2", refused=LONG_AGO), waiting("K3", "mail", route=LONG_AGO)]
    assert refused_since(rows, "#news") == LONG_AGO
    assert refused_since(rows[:1], "#news") == JUST_NOW
    assert refused_since(rows, "#duty") is None
    assert refused_since(rows, None) is None  # what waits for a notifier says nothing of the main route
    assert refused_since([waiting("K4", route=JUST_NOW)], None) == JUST_NOW


def test_the_main_route_keeps_channels_back_and_no_notifier() -> None:
    assert kept_by("#news", "#news")
    assert kept_by("#news", None)
    assert kept_by("mail", "mail")
    assert not kept_by("mail", None)
    assert not kept_by("#news", "#duty")


def test_what_waits_for_a_way_that_is_away_counts_as_refused_by_it_and_nothing_else_does() -> None:
    rows = [waiting("K1"), waiting("K2", "pager"), waiting("K3", "mail")]
    told = unreached(rows, {None: LONG_AGO, "pager": JUST_NOW})
    assert [(one.route_refused, one.refused) for one in told] == [(LONG_AGO, None), (None, JUST_NOW), (None, None)]
    assert unreached([waiting("K1", route=LONG_AGO)], {None: JUST_NOW})[0].route_refused == LONG_AGO
