from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import events

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture(scope="module")
def stream() -> Sequence[events.Told]:
    return events.write(16)


def test_the_stream_is_the_same_every_time_and_in_order(stream: Sequence[events.Told]) -> None:
    assert events.write(16) == stream
    assert [story.seen for story in stream] == sorted(story.seen for story in stream)
    assert {story.language for story in stream} == {"en", "fr"}


def test_threads_find_the_events_of_the_stream_better_than_titles(stream: Sequence[events.Told]) -> None:
    true = [story.event for story in stream]
    threads, titles = (events.score(true, way(stream)) for way in (events.threaded, events.by_title))
    assert threads.precision > 0.9
    assert threads.f1 > titles.f1


def test_a_score_counts_every_story_of_a_thread() -> None:
    assert events.score("aabb", "xxyy") == events.Score(precision=1, recall=1, f1=1)
    all_in_one = events.score("aabb", "xxxx")
    assert (all_in_one.precision, all_in_one.recall) == (0.5, 1)
    each_alone = events.score("aabb", "wxyz")
    assert (each_alone.precision, each_alone.recall) == (1, 0.5)


def test_the_bench_prints_quality_and_speed(capsys: pytest.CaptureFixture[str]) -> None:
    events.main(4)
    printed = capsys.readouterr().out
    assert "threads, tf-idf by average link" in printed
    assert "titles, Jaccard" in printed
    assert "join, 20 candidates" in printed
