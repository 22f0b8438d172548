from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.story import Severity
from alerts.thread import Thread, Voice, choose, speak
from tests.fakes import NOON
from tests.fakes_outbox import match

HOUR = timedelta(hours=1)


def thread(key: str = "K1", **changes: Any) -> Thread:
    values: dict[str, Any] = {
        "key": key,
        "channel": "#news",
        "group": 1,
        "event": 7,
        "begun": NOON,
        "severity": Severity.HIGH,
        "rules": {"raa-watch": NOON},
    }
    return Thread(**(values | changes))


@pytest.mark.parametrize(
    ("of", "same_story", "voice"),
    [
        (match(), None, Voice.REPLY),
        (match("other"), None, Voice.BROADCAST),
        (match(severity=Severity.NOTICE), None, Voice.REPLY),
        (match(severity=Severity.CRITICAL), None, Voice.BROADCAST),
        (match(), HOUR, Voice.BROADCAST),
        (match(), 3 * HOUR, Voice.REPLY),
    ],
)
def test_a_reply_is_shown_to_the_channel_when_it_is_news(of: Any, same_story: timedelta | None, voice: Voice) -> None:
    assert speak(thread(), of, same_story, NOON + 2 * HOUR).voice is voice


def test_what_is_critical_is_shown_each_time() -> None:
    grave = thread(severity=Severity.CRITICAL)
    assert speak(grave, match(severity=Severity.CRITICAL), None, NOON).voice is Voice.BROADCAST


def test_without_a_thread_it_stands_by_itself() -> None:
    assert speak(None, match(), None, NOON).voice is Voice.CARD


def test_the_thread_of_the_copies_comes_before_that_of_the_event_and_the_oldest_before_others() -> None:
    own, older, newer = thread("own", group=3, event=None), thread("a"), thread("b", begun=NOON + HOUR)
    elsewhere = thread("c", channel="#mines", group=3)
    assert choose([newer, older, own, elsewhere], "#news", 3, 7) == own
    assert choose([newer, older, elsewhere], "#news", 3, 7) == older
    assert choose([newer, older], "#news", 3, None) is None
