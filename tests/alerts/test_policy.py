from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.policy import Circumstances, Reason, decide, is_backlog
from tests.fakes import NOON

CASES = st.builds(
    Circumstances,
    counted=st.booleans(),
    shadow=st.booleans(),
    routed=st.booleans(),
    told=st.booleans(),
    told_of_copy=st.booleans(),
    backlog=st.booleans(),
    edited=st.booleans(),
    heard=st.booleans(),
    learning=st.booleans(),
    held=st.booleans(),
    repeated=st.booleans(),
    critical=st.booleans(),
    at_most=st.none() | st.integers(1, 3),
    sent=st.integers(0, 4),
    waiting=st.booleans(),
    page=st.booleans(),
    flood=st.booleans(),
)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Circumstances(), Reason.FIRST),
        (Circumstances(heard=True), Reason.NEW_RULE),
        (Circumstances(edited=True), Reason.EDITED),
        (Circumstances(edited=True, heard=True), Reason.EDITED),
        (Circumstances(backlog=True), Reason.BACKLOG),
        (Circumstances(backlog=True, edited=True), Reason.BACKLOG),
        (Circumstances(told_of_copy=True, heard=True), Reason.COPY),
        (Circumstances(told_of_copy=True, backlog=True), Reason.COPY),
        (Circumstances(told=True, edited=True, heard=True), Reason.TOLD),
        (Circumstances(told=True, told_of_copy=True), Reason.TOLD),
        (Circumstances(routed=False), Reason.UNROUTED),
        (Circumstances(routed=False, told=True), Reason.UNROUTED),
        (Circumstances(shadow=True), Reason.SHADOW),
        (Circumstances(shadow=True, edited=True), Reason.SHADOW),
        (Circumstances(shadow=True, backlog=True), Reason.BACKLOG),
        (Circumstances(counted=True), Reason.COUNTED),
        (Circumstances(counted=True, shadow=True, routed=False, told=True, told_of_copy=True), Reason.COUNTED),
        (Circumstances(counted=True, backlog=True), Reason.BACKLOG),
        (Circumstances(counted=True, learning=True), Reason.LEARNING),
        (Circumstances(counted=True, learning=True, backlog=True), Reason.BACKLOG),
        (Circumstances(at_most=3, sent=2), Reason.FIRST),
        (Circumstances(at_most=3, sent=3), Reason.OVER_LIMIT),
        (Circumstances(at_most=3, sent=3, edited=True, heard=True), Reason.OVER_LIMIT),
        (Circumstances(at_most=3, sent=0, waiting=True), Reason.OVER_LIMIT),
        (Circumstances(at_most=3, sent=9, waiting=True, critical=True), Reason.FIRST),
        (Circumstances(at_most=3, sent=3, told_of_copy=True), Reason.COPY),
        (Circumstances(at_most=3, sent=3, shadow=True), Reason.SHADOW),
        (Circumstances(at_most=3, sent=3, held=True), Reason.EARLIER),
        (Circumstances(repeated=True), Reason.SAME_STORY),
        (Circumstances(repeated=True, critical=True), Reason.SAME_STORY),
        (Circumstances(repeated=True, at_most=3, sent=3), Reason.SAME_STORY),
        (Circumstances(page=True), Reason.PAGE),
        (Circumstances(page=True, edited=True, heard=True), Reason.PAGE),
        (Circumstances(page=True, told=True), Reason.TOLD),
        (Circumstances(page=True, told_of_copy=True), Reason.COPY),
        (Circumstances(page=True, held=True), Reason.EARLIER),
        (Circumstances(page=True, shadow=True), Reason.SHADOW),
        (Circumstances(page=True, at_most=3, sent=3), Reason.OVER_LIMIT),
        (Circumstances(flood=True), Reason.FLOOD),
        (Circumstances(flood=True, page=True), Reason.FLOOD),
        (Circumstances(flood=True, edited=True, heard=True), Reason.FLOOD),
        (Circumstances(flood=True, at_most=3, sent=3), Reason.FLOOD),
        (Circumstances(flood=True, critical=True), Reason.FIRST),
        (Circumstances(flood=True, repeated=True), Reason.SAME_STORY),
        (Circumstances(flood=True, shadow=True), Reason.SHADOW),
        (Circumstances(flood=True, told=True), Reason.TOLD),
        (Circumstances(flood=True, routed=False), Reason.UNROUTED),
    ],
)
def test_each_case_has_its_reason(case: Circumstances, reason: Reason) -> None:
    assert decide(case) is reason


@given(CASES)
def test_a_channel_is_told_exactly_when_nothing_speaks_against_it(case: Circumstances) -> None:
    full = case.at_most is not None and not case.critical and (case.waiting or case.sent >= case.at_most)
    full = full or (case.flood and not case.critical)
    against = case.told, case.told_of_copy, case.backlog, case.held, case.counted, case.shadow, case.repeated, full
    assert decide(case).sends is (case.routed and not any(against))


@pytest.mark.parametrize("reason", [Reason.UNDONE, Reason.COPY])
def test_a_message_that_a_page_withdraws_is_neither_sent_nor_summed_up(reason: Reason) -> None:
    assert not (reason.sends)
    assert not (reason.is_summed_up)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_said_in_words(reason: Reason) -> None:
    assert len(reason.words) > 20


@pytest.mark.parametrize(
    ("published", "backlog", "old"),
    [
        (NOON - timedelta(hours=24), timedelta(hours=24), False),
        (NOON - timedelta(hours=24, milliseconds=1), timedelta(hours=24), True),
        (NOON + timedelta(minutes=30), timedelta(hours=24), False),
        (None, timedelta(hours=24), True),
        (NOON, timedelta(0), True),
        (NOON + timedelta(minutes=30), timedelta(0), True),
        (NOON - timedelta(days=3000), timedelta.max, False),
        (None, timedelta.max, False),
    ],
)
def test_backlog_is_what_is_older_than_its_source_allows(
    published: datetime | None, backlog: timedelta, *, old: bool
) -> None:
    assert is_backlog(published, NOON, backlog) is old
