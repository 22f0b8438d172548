from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.pacer import Pacer
from tests.fakes import NOON

SECOND = timedelta(seconds=1)


@given(st.lists(st.sampled_from(["#a", "#b", "#c"]), min_size=1, max_size=60))
def test_the_pace_holds_for_each_channel_and_for_all(channels: list[str]) -> None:
    now, sent = NOON, list[tuple[datetime, str]]()
    pacer = Pacer(SECOND, SECOND / 4, burst=2)
    for channel in channels:
        now = max(now, pacer.opens(channel))
        pacer.take(channel, now)
        sent.append((now, channel))
    for start, _ in sent:
        within = [(at, channel) for at, channel in sent if start <= at < start + 10 * SECOND]
        assert len(within) <= 40 + 2
        for name in "#a", "#b", "#c":
            assert sum(channel == name for _, channel in within) <= 10 + 2


def test_after_a_silence_two_go_at_once() -> None:
    pacer = Pacer(SECOND, SECOND / 4, burst=2)
    for _ in range(2):
        assert pacer.opens("#news") <= NOON
        pacer.take("#news", NOON)
    assert pacer.opens("#news") == NOON + SECOND
