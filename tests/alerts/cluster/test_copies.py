from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.cluster.copies import UPDATE_WINDOW, WINDOW, Profile, Verdict, judge

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def story(
    text: str,
    *,
    title: str = "Port strike ends after nine days",
    outlet: str = "wire.example",
    language: str | None = "en",
    at: datetime | None = NOW,
    truncated: bool = False,
) -> Profile:
    return Profile.of(text=text, title=title, outlet=outlet, language=language, at=at, truncated=truncated)


def prose(first: int, last: int, word: str = "word") -> str:
    return " ".join(f"{word}{number}" for number in range(first, last))


WIRE = story(prose(0, 304))  # 300 shingles


@pytest.mark.parametrize(
    ("text", "title", "verdict", "reason"),
    [
        (prose(0, 304), "Elsewhere", Verdict.COPY, "containment 1.00, Jaccard 1.00"),
        (prose(0, 104), "Elsewhere", Verdict.COPY, "containment 1.00, Jaccard .33"),
        (prose(0, 214) + prose(0, 90, " x"), "Elsewhere", Verdict.COPY, "containment .70, Jaccard .53"),
        (prose(0, 84) + prose(0, 20, " x"), "Elsewhere", Verdict.PARTIAL, "containment .80, Jaccard .25, titles "),
        (prose(0, 84) + prose(0, 20, " x"), "Nine days: port strike ends", Verdict.COPY, ".25, titles 100 of 100"),
        (prose(0, 211) + prose(0, 93, " x"), "Elsewhere", Verdict.PARTIAL, "containment .69, Jaccard .52"),
        (prose(0, 112) + prose(0, 192, " x"), "Elsewhere", Verdict.PARTIAL, "containment .36"),
        (prose(0, 100) + prose(0, 204, " x"), "Port strike ends after nine days", Verdict.DIFFERENT, "containment .32"),
        (prose(0, 304, "x"), "Port strike ends after nine days", Verdict.DIFFERENT, "containment .00, Jaccard .00"),
    ],
)
def test_texts_of_two_outlets(text: str, title: str, verdict: Verdict, reason: str) -> None:
    found = judge(WIRE, story(text, title=title, outlet="daily.example"))
    assert found.verdict is verdict
    assert reason in found.reason


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        (prose(0, 304) + prose(0, 60, " x"), Verdict.UPDATE, "containment 1.00, Jaccard .83, one outlet"),
        (prose(0, 254) + prose(0, 50, " x"), Verdict.COPY, "containment .83, Jaccard .71"),
        (prose(0, 194), Verdict.COPY, "containment 1.00, Jaccard .63"),
        (prose(0, 174) + prose(0, 30, " x"), Verdict.COPY, "containment .85, Jaccard .51"),
        (prose(0, 164) + prose(0, 40, " x"), Verdict.PARTIAL, "containment .80, Jaccard .47, one outlet"),
    ],
)
def test_an_outlet_repeats_its_own_background_in_the_next_story(text: str, verdict: Verdict, reason: str) -> None:
    found = judge(WIRE, story(text))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_copies_are_of_one_language_and_of_three_days() -> None:
    copy = prose(0, 304)
    other = judge(WIRE, story(copy, outlet="daily.example", language="de"))
    assert (other.verdict, other.reason) == (Verdict.DIFFERENT, "languages de and en")
    assert judge(WIRE, story(copy, outlet="daily.example", language=None)).verdict is Verdict.COPY
    assert judge(WIRE, story(copy, outlet="daily.example", at=None)).verdict is Verdict.COPY
    assert judge(WIRE, story(copy, outlet="daily.example", at=NOW - WINDOW)).verdict is Verdict.COPY
    late = judge(WIRE, story(copy, outlet="daily.example", at=NOW - WINDOW - timedelta(hours=1)))
    assert (late.verdict, late.reason) == (Verdict.DIFFERENT, "73 h apart")


def test_an_update_may_come_later_than_a_copy() -> None:
    assert judge(WIRE, story(prose(0, 304), at=NOW + UPDATE_WINDOW)).verdict is Verdict.UPDATE
    assert judge(WIRE, story(prose(0, 304), at=NOW + UPDATE_WINDOW + WINDOW)).verdict is Verdict.DIFFERENT
    late = judge(WIRE, story(prose(0, 204), at=NOW + 2 * WINDOW))
    assert (late.verdict, late.reason) == (Verdict.DIFFERENT, "144 h apart, containment 1.00, Jaccard .66")
    assert judge(WIRE, story(prose(0, 50), at=NOW + 2 * WINDOW)).reason == "144 h apart"


@pytest.mark.parametrize(
    ("summary", "outlet", "title", "verdict", "reason"),
    [
        (prose(100, 145), "daily.example", "Elsewhere", Verdict.COPY, "containment 1.00 of a summary of 45 words"),
        (prose(0, 36) + prose(0, 12, " x"), "daily.example", "Elsewhere", Verdict.COPY, "containment .73 of a"),
        (prose(0, 36) + prose(0, 12, " x"), "wire.example", "Elsewhere", Verdict.PARTIAL, "containment .73 of a"),
        (prose(0, 20) + prose(0, 25, " x"), "daily.example", "Elsewhere", Verdict.PARTIAL, "containment .40 of a"),
        (prose(0, 45, "x"), "daily.example", "Elsewhere", Verdict.DIFFERENT, "containment .00 of a summary of 45"),
        (prose(0, 45, "x"), "daily.example", "PORT STRIKE ends after nine days!", Verdict.DIFFERENT, "containment .00"),
        (prose(0, 5) + prose(0, 40, " x"), "daily.example", "PORT STRIKE ends after nine days", Verdict.COPY, "same t"),
        (prose(100, 130), "daily.example", "Elsewhere", Verdict.DIFFERENT, "a text of 30 words, and the titles do not"),
        (prose(0, 9, "x"), "daily.example", "Port strike ends after nine days", Verdict.COPY, "same title"),
        (prose(0, 9, "x"), "wire.example", "Port strike ends after nine days", Verdict.DIFFERENT, "a text of 9 words"),
    ],
)
def test_a_summary_is_searched_in_a_whole_text(
    summary: str, outlet: str, title: str, verdict: Verdict, reason: str
) -> None:
    for truncated in (True, False):
        found = judge(story(summary, title=title, outlet=outlet, truncated=truncated), WIRE)
        assert found.verdict is verdict
        assert found.reason.startswith(reason)


def test_two_summaries_are_told_by_their_titles_alone() -> None:
    one, other = story(prose(0, 90), truncated=True), story(prose(0, 90), outlet="daily.example", truncated=True)
    assert judge(one, other).reason == "same title"
    renamed = story(prose(0, 90), title="Elsewhere", outlet="daily.example", truncated=True)
    assert judge(one, renamed).verdict is Verdict.DIFFERENT
    assert judge(one, renamed).reason == "no whole text, and the titles do not decide"


def test_a_title_of_few_words_tells_nothing() -> None:
    one = story(prose(0, 20), title="Press conference", truncated=True)
    other = story(prose(0, 20, "x"), title="Press conference", outlet="daily.example")
    assert judge(one, other).verdict is Verdict.DIFFERENT


def test_scripts_without_blanks_are_compared_letter_by_letter() -> None:
    text = (
        "港湾労働者の組合は月曜日に九日間続いたストライキを終えると発表した。" * 2
        + "会社側は賃金を四パーセント上げることに同意した。"
    )
    cut = text + "組合員の投票は来週の水曜日まで続き、結果は週末に公表される見通しだ。"
    found = judge(story(text, language="ja"), story(cut, outlet="daily.example", language="ja"))
    assert (found.verdict, found.containment) == (Verdict.COPY, 1)


TEXTS = st.tuples(st.integers(0, 400), st.integers(0, 200)).map(
    lambda sizes: prose(0, sizes[0]) + " " + prose(0, sizes[1], "x")
)
STORIES = st.builds(
    story,
    TEXTS,
    title=st.sampled_from(["Port strike ends after nine days", "Port strike ends", "Elsewhere", ""]),
    outlet=st.sampled_from(["wire.example", "daily.example"]),
    language=st.sampled_from(["en", "de", None]),
    at=st.sampled_from([NOW, NOW + 2 * WINDOW, None]),
    truncated=st.booleans(),
)


@given(STORIES, STORIES)
def test_which_of_two_comes_first_makes_no_difference(one: Profile, other: Profile) -> None:
    assert judge(one, other) == judge(other, one)


@given(STORIES)
def test_a_long_story_is_a_copy_of_itself(one: Profile) -> None:
    if one.is_long:
        assert judge(one, one).verdict is Verdict.UPDATE
