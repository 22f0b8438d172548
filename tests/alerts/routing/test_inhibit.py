from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.routing.inhibit import SPAN, Inhibited, Told, inhibited
from alerts.story import Severity
from tests.fakes import NOON

SECOND = timedelta(seconds=1)


def told(**changes: Any) -> Told:
    values: dict[str, Any] = {
        "key": "k1",
        "event": 7,
        "group": 1,
        "channel": "#news",
        "severity": Severity.CRITICAL,
        "at": NOON,
        "title": "Strait closed",
    }
    return Told(**(values | changes))


def asked(*before: Told, **changes: Any) -> Inhibited | None:
    values: dict[str, Any] = {
        "event": 7,
        "group": 2,
        "channel": "#news",
        "severity": Severity.HIGH,
        "now": NOON + timedelta(minutes=5),
    }
    return inhibited(before, **(values | changes))


def test_a_critical_story_keeps_its_lesser_sibling_quiet() -> None:
    found = asked(told())
    assert found
    assert (found.by.key, found.until) == ("k1", NOON + SPAN)
    assert found.says == (
        'the channel was told of the critical story "Strait closed" of the same event; until 14:00 UTC'
    )


@pytest.mark.parametrize(
    "changes",
    [{"event": 8}, {"channel": "#duty"}, {"group": 1}, {"severity": Severity.CRITICAL}, {"now": NOON + SPAN}],
)
def test_nothing_else_is_kept_quiet(changes: dict[str, Any]) -> None:
    assert asked(told(), **changes) is None


def test_only_what_is_critical_keeps_others_quiet_and_only_afterwards() -> None:
    assert asked(told(severity=Severity.HIGH), severity=Severity.INFO) is None
    assert asked(told(at=NOON + timedelta(hours=1))) is None


def test_the_last_critical_message_counts() -> None:
    found = asked(told(), told(key="k2", at=NOON + SECOND), told(key="k3", at=NOON - SECOND))
    assert found
    assert found.by.key == "k2"
