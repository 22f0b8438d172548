from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from alerts.errors import Level
from alerts.rules.ruleset import compile_rules
from bench import collect, compiling, corpus, match, rhythm
from crawler.visits.rhythm import PACE

if TYPE_CHECKING:
    from pathlib import Path

SMALL = corpus.Scale(rules=60, common=0.3)


@pytest.fixture(scope="module")
def written() -> corpus.Corpus:
    return corpus.write(30)


def test_the_corpus_is_the_same_every_time(written: corpus.Corpus) -> None:
    assert corpus.write(30) == written
    assert corpus.wishes(written, SMALL) == corpus.wishes(written, SMALL)


def test_the_rules_of_the_bench_compile_and_find_what_the_peer_finds(written: corpus.Corpus) -> None:
    wanted = [wish for wish in corpus.wishes(written, SMALL) if not wish.is_near]
    ruleset, problems = compile_rules(*corpus.specs(wanted))
    assert not [problem for problem in problems if problem.level is Level.ERROR]
    peer = match._pyahocorasick(wanted, match.Sought.of(wanted))
    assert [len(ruleset.match(story)) for story in written.stories] == [peer(story)[2] for story in written.stories]


def test_the_bench_runs_and_prints_its_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    cost = compiling.Cost(seconds=0.011, megabytes=1.2, peak=2.3)
    match.main(stories=5, rounds=1, seconds=0.01, most=100, cost_of={corpus.SCALES[0]: cost}.__getitem__)
    printed = capsys.readouterr().out
    assert "100 rules" in printed
    assert "one re per group" in printed
    assert "compiled in 0.01 s to 1 MB, 2 MB at the worst moment" in printed


def test_what_is_asked_for_is_met_or_not_on_the_idle_machine() -> None:
    cost = compiling.Cost(seconds=4.0, megabytes=180, peak=260)
    heading, floor, aim, seconds, memory = match.verdicts(100_000, speed=1_000, yardstick=9_000, cost=cost)
    assert "18,000 (here 9,000)" in heading
    assert floor.split() == ["met", "floor", "1,800", "stories/s,", "2,000", "there"]
    assert aim.split()[:3] == ["NOT", "met", "aim"]
    assert seconds.split() == ["met", "compiled", "in", "3", "s,", "2.00", "there"]
    assert memory.split()[:3] == ["NOT", "met", "within"]
    assert match.verdicts(100, speed=1, yardstick=1, cost=cost) == []


def test_a_rule_set_is_compiled_and_weighed(written: corpus.Corpus) -> None:
    cost = compiling.measure(written, SMALL)
    assert cost.seconds > 0
    assert cost.peak >= cost.megabytes


def test_the_rhythm_bench_spends_equal_visits_and_finds_the_law_sooner() -> None:
    streams = rhythm.draw(random.Random(1))
    fixed = rhythm.at_budget(streams, rhythm.Fixed, 0.5, 24)
    law = rhythm.at_budget(streams, rhythm.Law, PACE, 24)
    assert abs(fixed.visits / law.visits - 1) < 0.03
    assert law.mean < 0.6 * fixed.mean


def test_the_rhythm_bench_reads_real_streams(tmp_path: Path) -> None:
    path = tmp_path / "streams.tsv"
    path.write_text("b\t2026-11-02T13:30:00+01:00\na\t2026-11-02T06:00:00+00:00\nb\t2026-11-02T01:00:00+00:00\n")
    assert rhythm.read(path) == [[1.0, 12.5], [6.0]]


def test_the_collect_bench_visits_everything_and_says_what_is_met(capsys: pytest.CaptureFixture[str]) -> None:
    collect.main(sources=20, hosts=4, seconds=1)
    printed = capsys.readouterr().out
    assert "20 sources on 4 hosts" in printed
    assert "304s a second on one core" in printed
    assert "memory, PSS" in printed
