from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alerts.routing.silence import Matcher, Phase, Silence, expired, fault_of, muted, mutes
from alerts.story import Severity
from tests.alerts.routing.makers import facts
from tests.fakes import NOON, outlet

HOUR = timedelta(hours=1)


def silence(*, name: str = "s1", end: timedelta = HOUR, **asked: Any) -> Silence:
    matcher = Matcher(**(asked or {"rules": ("raa",)}))
    return Silence(id=name, matcher=matcher, author="anna", comment="known", start=NOON, end=NOON + end)


@pytest.mark.parametrize(
    ("after", "phase"),
    [(-timedelta(seconds=1), Phase.PENDING), (timedelta(), Phase.ACTIVE), (HOUR, Phase.EXPIRED)],
)
def test_a_silence_begins_with_its_start_and_is_over_at_its_end(after: timedelta, phase: Phase) -> None:
    one = silence()
    assert one.phase(NOON + after) is phase
    assert bool(muted([one], facts(), NOON + after)) is (phase is Phase.ACTIVE)


def test_every_silence_that_mutes_is_named_the_longest_first() -> None:
    found = muted([silence(), silence(name="s2", end=2 * HOUR), silence(name="s3", tags=("x",))], facts(), NOON)
    assert found
    assert [one.id for one in found.by] == ["s2", "s1"]
    assert found.until == NOON + 2 * HOUR
    assert found.says == "silence s2 and 1 more of anna until 2026-11-02 14:00 UTC: known"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"rules": ("eu", "raa")}, True),
        ({"rules": ("eu",)}, False),
        ({"tags": ("treaties",)}, True),
        ({"tags": ("minerals",)}, False),
        ({"sources": ("Reuters.example",)}, True),
        ({"sources": ("example.org",)}, False),
        ({"rules": ("raa",), "tags": ("minerals",)}, False),
        ({"rules": ("raa",), "severity": Severity.HIGH}, True),
        ({"rules": ("raa",), "severity": Severity.NOTICE}, False),
        ({}, False),
    ],
)
def test_all_that_a_silence_names_must_hold(asked: dict[str, Any], expected: bool) -> None:
    assert mutes(Matcher(**asked), facts()) is expected


@pytest.mark.parametrize(
    ("phrase", "text", "expected"),
    [
        ("OPEN talks", "Japan and France open   talks", True),
        ("pen talks", "Japan and France open talks", False),
        ("open tal", "Japan and France open talks", False),
        ("sée", "Visite au musee See", True),
        ("核協議", "日仏核協議が始まる", True),
        ("...", "Well ...", False),
    ],
)
def test_a_phrase_is_found_as_queries_find_it(phrase: str, text: str, expected: bool) -> None:
    assert mutes(Matcher(text=phrase), facts(title=text)) is expected
    assert mutes(Matcher(text=phrase), facts(title="", text=text)) is expected


def test_a_silence_for_a_source_spares_the_others() -> None:
    one = Matcher(sources=("reuters",))
    assert not mutes(one, facts(outlet=outlet(id="nhk", host="nhk.example")))


def test_a_story_that_becomes_worse_than_what_was_muted_is_heard() -> None:
    one = silence(rules=("raa",), severity=Severity.HIGH)
    assert muted([one], facts(severity=Severity.HIGH), NOON)
    assert not muted([one], facts(severity=Severity.CRITICAL), NOON)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (silence(severity=Severity.CRITICAL), "it mutes whatever comes"),
        (silence(text="?!"), "the phrase `?!` has neither letters nor digits"),
        (silence(end=timedelta()), "it ends before it begins"),
    ],
)
def test_a_silence_that_cannot_be_meant_is_refused(one: Silence, said: str) -> None:
    fault = fault_of(one)
    assert fault
    assert fault[0] == said


def test_a_sound_silence_has_no_fault() -> None:
    assert fault_of(silence()) is None


def test_a_silence_can_be_ended_early() -> None:
    one, now = silence(), NOON + HOUR / 2
    assert expired(one, now).phase(now) is Phase.EXPIRED
    assert expired(one, now).start == NOON
    before = NOON - HOUR
    assert expired(one, before).phase(before) is Phase.EXPIRED
    assert expired(one, NOON + 2 * HOUR) == one
