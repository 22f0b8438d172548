from __future__ import annotations

import pytest

from bench import soak
from bench.loopback import SLACK_FAULTS, WEB_FAULTS, Setting
from bench.vitals import Vitals


def vitals(minute: int, **changes: float) -> Vitals:
    values = {"proportional": 200.0, "own": 150.0, "descriptors": 60, "tasks": 20} | changes
    return Vitals(at=60.0 * minute, resident=300.0, threads=9, processes=4, **values)  # type: ignore[arg-type]


def test_what_stays_as_it_is_is_good() -> None:
    drifts = soak.judge_samples([vitals(n, descriptors=60 + n % 5, tasks=20 + n % 7) for n in range(40)])
    assert all(one.is_good for one in drifts)
    assert {one.name for one in drifts} >= {"proportional", "descriptors", "tasks", "threads"}


@pytest.mark.parametrize("what", ["proportional", "own", "descriptors", "tasks"])
def test_what_grows_on_and_on_is_found(what: str) -> None:
    drifts = soak.judge_samples([vitals(n, **{what: 20.0 + n}) for n in range(40)])
    assert [one.name for one in drifts if not one.is_good] == [what]


def test_what_is_used_while_it_warms_up_is_not_judged() -> None:
    drifts = soak.judge_samples([vitals(n, own=20.0 if n < 8 else 150.0) for n in range(40)])
    assert all(one.is_good for one in drifts)


def test_too_few_samples_say_nothing() -> None:
    assert soak.judge_samples([vitals(n) for n in range(5)]) == []


def test_both_sides_of_a_soak_know_of_the_same_pieces() -> None:
    setting = Setting(sources=20, hosts=2, start="2026-11-02T12:00:00+00:00", minutes=30, each=5, seed=3)
    assert setting.wire().pieces == setting.wire().pieces
    assert sum(WEB_FAULTS.values()) < 0.1
    assert sum(SLACK_FAULTS.values()) == pytest.approx(0.1)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(SystemExit):
        soak.main(["--minutes", "many"])
