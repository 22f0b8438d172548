from __future__ import annotations

import pytest

from alerts.errors import Level
from alerts.rules.ruleset import compile_rules
from bench import corpus, match

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
    match.main(stories=5, rounds=1, seconds=0.01, most=100)
    printed = capsys.readouterr().out
    assert "100 rules" in printed
    assert "one re per group" in printed
