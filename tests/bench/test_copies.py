from __future__ import annotations

from itertools import pairwise

import pytest

from bench import __main__ as benches
from bench import copies


def test_the_stories_are_the_same_every_time_and_come_in_order() -> None:
    one, other = copies.Wire(900), copies.Wire(900)
    told = [one.story() for _ in range(60)]
    assert told == [other.story() for _ in range(60)]
    assert all(before.id < after.id and before.seen < after.seen for before, after in pairwise(told))


def test_a_share_of_the_stories_are_copies_in_a_frame_of_their_own() -> None:
    wire = copies.Wire(9000)
    texts = [wire.story().text for _ in range(400)]
    copied = [text for text in texts if any(text != other and other in text for other in texts)]
    assert 0.1 < len(copied) / len(texts) < 0.3


def test_the_bench_finds_the_copies_and_prints_what_they_cost(capsys: pytest.CaptureFixture[str]) -> None:
    copies.main(120, looked=15)
    printed = capsys.readouterr().out
    assert "120 stories of 80 words" in printed
    assert "64 bands" in printed
    assert "15 of 15 copies found" in printed


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["copies", "70", "match"], [("copies", 70), ("match", None)]),
        (["match"], [("match", None)]),
        (["copies"], [("copies", None)]),
    ],
)
def test_a_number_after_a_bench_says_of_how_much(words: list[str], asked: list[tuple[str, int | None]]) -> None:
    assert benches.asked(words) == asked


@pytest.mark.parametrize("words", [["match", "70"], ["70"], ["copies", "70", "80"], ["none-such"], ["copies", "0"]])
def test_what_makes_no_sense_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"\w+"):
        benches.asked(words)
