from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.events import (
    ASKED,
    LIFE,
    LIKE,
    SUMMED,
    TERMS,
    UNIT,
    WINDOW,
    Frequencies,
    Reason,
    Sketch,
    Thread,
    is_near,
    join,
    meet,
    pack,
    pool,
    query_terms,
    unpack,
)
from alerts.cluster.terms import terms
from alerts.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from alerts.cluster.events import Vector

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
QUAKE = "Earthquake shakes northern Honshu and a tsunami warning follows"
RATES = "Central bank of Norway raises its key rate for a third time"


def scaled(weights: dict[str, int]) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {term: round(UNIT * weight / length) for term, weight in weights.items()} if length else {}


vectors = st.dictionaries(st.sampled_from("abcdefghij"), st.integers(1, 9), min_size=1, max_size=6).map(scaled)
moments = st.floats(0, 24 * 40).map(lambda hours: START + timedelta(hours=hours))
sketches = st.builds(Sketch, pool=st.sampled_from(["en", "ja"]), seen=moments, vector=vectors)


def sketch(vector: Vector, hours: float = 0, language: str = "en") -> Sketch:
    return Sketch(pool=language, seen=START + timedelta(hours=hours), vector=vector)


def thread_of(members: Sequence[Sketch], number: int = 1) -> Thread:
    thread = Thread.begun(number, members[0])
    for member in members[1:]:
        thread = thread.grown(member)
    return thread


def cosine(one: Vector, other: Vector) -> float:
    return sum(one[term] * other[term] for term in one.keys() & other.keys()) / UNIT**2


def threaded(stream: Sequence[Sketch]) -> list[Thread]:
    """Put every story of a stream into a thread, and return for each the thread it is in by then."""
    known: dict[int, Thread] = {}
    after = []
    for number, story in enumerate(stream):
        found = join(story, known.values()).thread
        thread = found.grown(story) if found else Thread.begun(number, story)
        known[thread.id] = thread
        after.append(thread)
    return after


def test_rare_words_weigh_more_than_common_ones_and_those_of_all_stories_nothing() -> None:
    known = Frequencies()
    for number in range(50):
        known.learn(
            terms("", f"the minister {'quake' if number < 2 else 'market' if number < 10 else 'said'} item{number}")
        )
    vector = known.vector(terms("", "the minister quake market said"))
    assert vector["quake"] > vector["market"]
    assert not vector.keys() & {"the", "minist", "said"}
    assert abs(math.hypot(*vector.values()) - UNIT) < len(vector)


def test_few_stories_may_share_a_term_though_they_are_all_there_are() -> None:
    known = Frequencies()
    for _ in range(3):
        known.learn(terms("", "quake"))
    assert known.vector(terms("", "quake"))
    known.learn(terms("", "quake"))
    assert not known.vector(terms("", "quake"))


def test_a_vector_keeps_the_heaviest_terms() -> None:
    known = Frequencies(1_000, {"w1": 900})
    vector = known.vector({f"w{number}": 1 for number in range(TERMS + 50)})
    assert len(vector) == TERMS
    assert "w1" not in vector
    assert Frequencies().vector({}) == {}


def test_old_counts_fade() -> None:
    known = Frequencies(full=100)
    for number in range(99):
        known.learn({"old", f"once{number}"})
    assert (known.stories, known.count("old"), len(known)) == (99, 99, 100)
    known.learn({"new"})
    assert (known.stories, known.count("old"), known.count("new"), len(known)) == (50, 49, 0, 1)


def test_the_rarest_counts_are_forgotten_when_there_are_too_many() -> None:
    known = Frequencies(most=40)
    for number in range(500):
        known.learn({"the", f"word{number % 10}", f"once{number}"})
        assert len(known) <= 40
    assert known.count("the") == 500
    assert all(known.count(f"word{number}") > 1 for number in range(10))


@given(st.dictionaries(st.text(max_size=5), st.integers(1, 10_000)), st.integers(0, 20_000))
def test_frequencies_survive_packing(counts: dict[str, int], stories: int) -> None:
    back = Frequencies.unpack(Frequencies(stories, counts).pack())
    assert back.stories == stories
    assert {term: back.count(term) for term in counts} == counts
    assert len(back) == len(counts)


@given(vectors)
def test_a_vector_survives_packing(vector: Vector) -> None:
    assert unpack(pack(vector)) == vector


@pytest.mark.parametrize("damaged", [b"", b"no", pack({"a": 1})[:-3], Frequencies(1, {}).pack()])
def test_damaged_vectors_are_told(damaged: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        unpack(damaged)


@pytest.mark.parametrize("damaged", [b"", b"no", pack({"a": 1})])
def test_damaged_counts_are_told(damaged: bytes) -> None:
    with pytest.raises(StoreError, match="damaged"):
        Frequencies.unpack(damaged)


@given(st.lists(vectors, min_size=1, max_size=12), vectors)
def test_the_product_with_the_sum_is_the_average_link(members: list[Vector], vector: Vector) -> None:
    thread = thread_of([sketch(member) for member in members])
    average = sum(cosine(vector, member) for member in members) / len(members)
    assert thread.likeness(vector) == pytest.approx(min(average, 1.0))


@given(st.lists(st.integers(0, 2 * SUMMED), min_size=2, max_size=8))
def test_a_sum_that_lost_its_lightest_terms_never_says_more(starts: list[int]) -> None:
    members = [scaled({f"t{number}": 1 + number % 7 for number in range(start, start + TERMS)}) for start in starts]
    thread = thread_of([sketch(member) for member in members])
    assert len(thread.total) <= SUMMED
    average = sum(cosine(members[0], member) for member in members) / len(members)
    assert thread.likeness(members[0]) <= average + 1e-9


@given(st.lists(sketches, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_its_stories_does_not_change_a_thread(members: list[Sketch], dice: Random) -> None:
    shuffled = list(members)
    dice.shuffle(shuffled)
    assert thread_of(members).total == thread_of(shuffled).total
    assert thread_of(members).likeness(members[0].vector) == thread_of(shuffled).likeness(members[0].vector)


@given(vectors, vectors, vectors)
def test_a_revised_story_counts_as_if_it_had_always_been_so(one: Vector, old: Vector, new: Vector) -> None:
    thread = thread_of([sketch(one), sketch(old)])
    assert thread.revised(old, new) == thread_of([sketch(one), sketch(new)])


def test_a_copy_prolongs_a_thread_and_changes_no_words() -> None:
    thread = Thread.begun(1, sketch({"a": UNIT}))
    touched = thread.touched(START + timedelta(hours=5))
    assert (touched.first, touched.last) == (START, START + timedelta(hours=5))
    assert (touched.total, touched.stories) == (thread.total, 1)


def test_a_story_of_the_same_event_joins_and_the_reason_names_what_they_share() -> None:
    known = Frequencies()
    for number in range(20):
        known.learn(terms(f"Report {number}", "The minister said on Monday that talks go on and more will follow"))
    counted = [terms(QUAKE, ""), terms(RATES, ""), terms("Tsunami warning after earthquake off Honshu", "")]
    for found in counted:
        known.learn(found)
    quake, rates, again = (sketch(known.vector(found), hours) for hours, found in enumerate(counted))
    threads = [Thread.begun(1, quake), Thread.begun(2, rates)]
    joining = join(again, threads)
    assert (joining.thread, joining.reason) == (threads[0], Reason.LIKE)
    assert set(joining.shared) >= {"earthq", "tsunam", "honshu"}
    assert joining.says.startswith(f"{joining.score:.2f} of 0.18 in common (")
    alone = join(rates, threads[:1])
    assert (alone.thread, alone.reason) == (None, Reason.UNLIKE)
    assert "a new event: the nearest has 0.0" in alone.says


def test_the_rarest_of_what_stories_share_is_named_and_no_word_of_every_story() -> None:
    known = Frequencies()
    for number in range(30):
        known.learn(terms(f"Report {number}", "Others said that much" if number % 8 else "With which they will go on"))
    words = "with which they will go on " * 20
    first, second = terms("Volcano Sakurajima erupts", words), terms("Sakurajima volcano ash falls", words)
    for found in (first, second):
        known.learn(found)
    thread = Thread.begun(1, sketch(known.vector(first)))
    assert {"with", "which", "will"} & {*join(sketch(known.vector(second)), [thread]).shared}
    joining = join(sketch(known.vector(second)), [thread], known)
    assert joining.thread == thread
    assert joining.shared[:2] == ("sakura", "volcan")
    other = Thread.begun(2, sketch(known.vector(second)))
    meeting = meet(other, [thread], known)
    assert meeting
    assert "(sakura, volcan" in meeting.says


def test_why_a_story_is_compared_with_nothing() -> None:
    thread = Thread.begun(1, sketch({"a": UNIT}))
    assert join(sketch({}), [thread]).reason is Reason.NO_WORDS
    for other in (sketch({"a": UNIT}, 73), sketch({"a": UNIT}, language="ja")):
        joining = join(other, [thread])
        assert (joining.thread, joining.score, joining.reason) == (None, None, Reason.NONE_NEAR)
    assert all(joining.says for joining in (join(sketch({}), []), join(sketch({"a": UNIT}), [])))


def test_the_window_and_the_life_of_a_thread_end() -> None:
    thread = Thread.begun(1, sketch({"a": UNIT}))
    assert is_near(thread, sketch({}, 72))
    assert not is_near(thread, sketch({}, 72.1))
    assert is_near(thread, sketch({}, -72))  # an older story that was found late
    assert not is_near(thread, sketch({}, -72.1))
    old = thread.touched(START + timedelta(days=13))
    assert is_near(old, sketch({}, 14 * 24))
    assert not is_near(old, sketch({}, 14 * 24 + 0.1))


@given(sketches, st.lists(st.lists(sketches, min_size=1, max_size=3), max_size=6))
def test_joining_is_the_same_in_any_order_of_candidates(story: Sketch, groups: list[list[Sketch]]) -> None:
    candidates = [thread_of(members, number) for number, members in enumerate(groups)]
    joining = join(story, candidates)
    assert joining == join(story, candidates[::-1])
    if joining.thread:
        assert joining.score is not None
        assert joining.score >= LIKE
        assert all(joining.score >= other.likeness(story.vector) for other in candidates if is_near(other, story))


@given(st.lists(sketches, max_size=25))
def test_every_story_of_a_stream_is_in_one_thread_within_window_and_life(stream: list[Sketch]) -> None:
    after = threaded(stream)
    final = {thread.id: thread for thread in after}
    assert sum(thread.stories for thread in final.values()) == len(stream)
    for thread in final.values():
        members = [story for story, its in zip(stream, after, strict=True) if its.id == thread.id]
        times = sorted(story.seen for story in members)
        assert (thread.first, thread.last) == (times[0], times[-1])
        assert times[-1] - times[0] <= LIFE
        assert all(later - earlier <= WINDOW for earlier, later in pairwise(times))
        assert {story.pool for story in members} == {thread.pool}


def test_two_threads_that_share_enough_are_one_under_the_name_of_the_older() -> None:
    older = thread_of([sketch({"a": 8_000, "b": 6_000}, hours=1)], number=7)
    younger = thread_of(
        [sketch({"a": 6_000, "c": 8_000}, hours=2), sketch({"a": 6_000, "d": 8_000}, hours=3)], number=3
    )
    meeting = meet(younger, [younger, older])
    assert meeting is not None
    assert (meeting.thread.id, meeting.gone, meeting.thread.stories) == (7, 3, 3)
    assert meeting.thread == older.merged(younger)
    assert meeting.says == "its event is one with an older: 0.48 of 0.18 in common (a)"
    assert meet(older, [younger]) == meeting


def test_what_shares_too_little_or_is_too_far_apart_stays_two() -> None:
    vector = {"a": 8_000, "b": 6_000}
    thread = thread_of([sketch(vector)], number=1)
    far = thread_of([sketch(vector, hours=73)], number=2)
    old = thread_of([sketch(vector, hours=24 * day) for day in range(2, 16)], number=3)
    other = thread_of([sketch({"c": UNIT})], number=4)
    foreign = thread_of([sketch(vector, language="ja")], number=5)
    assert meet(thread, [thread, far, old, other, foreign]) is None
    assert meet(thread, [thread_of([sketch(vector, hours=71)], number=2)]) is not None


@given(st.lists(vectors, min_size=1, max_size=5), st.lists(vectors, min_size=1, max_size=5))
def test_nearness_is_the_mean_of_all_pairs(ones: list[Vector], others: list[Vector]) -> None:
    one = thread_of([sketch(vector) for vector in ones], number=1)
    other = thread_of([sketch(vector) for vector in others], number=2)
    pairs = [one.likeness(vector) for vector in others]
    assert one.nearness(other) == pytest.approx(min(sum(pairs) / len(pairs), 1.0), abs=1e-3)
    assert one.nearness(other) == other.nearness(one)


def test_numbers_that_two_stories_share_tell_events_of_a_kind_apart() -> None:
    told = "An earthquake of magnitude {} shook the coast on {} and left {} dead, said the survey"
    first, again, other = (
        terms("", told.format(*numbers))
        for numbers in (("6.4", "June 12", "31"), ("6.4", "June 12", "29"), ("5.9", "March 12", "31"))
    )
    known = Frequencies()
    for number in range(30):
        known.learn(terms("", f"The council of town{number} met"))
    for found in (first, again, other):
        known.learn(found)
    vectors_of = [known.vector(found) for found in (first, again, other)]
    assert vectors_of[0]["june 12"] > 0
    assert "29 dead" not in vectors_of[1]  # which no other story has
    assert "march 12" not in vectors_of[2]
    assert cosine(vectors_of[0], vectors_of[1]) > cosine(vectors_of[0], vectors_of[2]) > 0


def test_the_heaviest_terms_are_asked_for() -> None:
    assert query_terms({"a": 3, "b": 9, "c": 5}, 2) == ("b", "c")
    assert query_terms({"june 12": 9, "june": 5, "12": 3}) == ("june", "12")  # the index has words one by one
    assert query_terms({}) == ()
    assert len(query_terms({f"t{number}": 1 + number for number in range(50)})) == ASKED


def test_both_scripts_of_chinese_are_one_pool_and_an_unknown_language_is_one() -> None:
    assert pool("zh-hant") == pool("zh-hans") == "zh"
    assert pool(None) == "und"
