from __future__ import annotations

from typing import Any

from crawler.capture.comparing import Bounds, compare
from crawler.store.captured import Told
from tests.fakes import NOON


def told(title: str = "A treaty", **changes: Any) -> Told:
    values: dict[str, Any] = {
        "source": "wire",
        "url": f"https://wire.example/{title}",
        "title": title,
        "rule": "treaty",
        "condition": "",
        "channel": "#news",
        "severity": 20,
        "words": ("treaty",),
        "at": NOON,
    }
    return Told(**values | changes)


def bounds(*, known: bool = False, captured: bool = True, has_past: bool = False) -> Bounds:
    return Bounds(known=lambda _: known, captured=lambda _: captured, has_past=has_past)


def test_the_same_alerts_are_the_same_in_any_order() -> None:
    found = compare([told("a"), told("b")], [told("b"), told("a")], bounds())
    assert found.is_same
    assert found.same == 2


def test_gained_lost_and_changed_are_told_apart() -> None:
    found = compare(
        [told("a"), told("b"), told("c")], [told("b", words=("pact",), severity=30), told("c"), told("d")], bounds()
    )
    assert [one.title for one in found.gained] == ["d"]
    assert [one.told.title for one in found.lost] == ["a"]
    assert [one.what for one in found.changed] == [("words", "severity")]
    assert found.same == 1
    assert not found.is_same


def test_what_was_known_before_is_not_gained_and_what_is_not_captured_is_lost_with_its_reason() -> None:
    gained = compare([], [told("a")], bounds(known=True))
    assert gained.is_same
    assert gained.aside.total() == 1
    lost = compare([told("a")], [], bounds(captured=False))
    assert not lost.is_same
    assert "not in the capture" in lost.lost[0].why


def test_rules_that_count_are_compared_only_where_the_capture_has_all_they_count() -> None:
    rush = told("a", condition="count")
    assert not compare([rush], [], bounds()).is_same
    assert compare([rush], [], bounds(has_past=True)).is_same
    assert not compare([told("a")], [], bounds(has_past=True)).is_same


def test_a_text_that_another_outlet_told_is_no_difference() -> None:
    here, there = told("a"), told("a", source="gazette", url="https://gazette.example/a")
    found = compare([here], [there], bounds())
    assert found.is_same
    assert found.aside.total() == 1
    changes: tuple[dict[str, Any], ...] = (
        {"channel": "#other"},
        {"words": ("pact",)},
        {"severity": 30},
        {"title": "b"},
    )
    for change in changes:
        other = told(**{"title": "a", "source": "gazette"} | change)
        assert not compare([here], [other], bounds()).is_same
