from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import adapters

WIRE = (
    "The ministers of both countries met in the harbour town on Monday and spoke for four hours about the fishing "
    "grounds that each of them claims. Neither would say when boats may go out again, but a paper that was handed to "
    "reporters names three places where they may not. A second round is to follow in the spring, in the capital of "
    "the smaller country, and until then a commission of six is to count what is left of the cod. Captains who had "
    "waited on the quay since the morning said that they had expected no more than that."
)
OTHER = (
    "A museum of clocks opened in a former railway station on Friday with eleven hundred pieces that one watchmaker "
    "had collected in the course of his life. Visitors may wind some of them, and on every full hour a mechanical "
    "orchestra plays in the hall where tickets used to be sold. The town paid for the roof and the collector for the "
    "rest, which he will not put into figures. He is ninety and comes every morning to set the oldest clock by hand."
)
LATER = (
    "The commission of six that counts the cod in the disputed fishing grounds began its work on Tuesday. The "
    "ministers of both countries had agreed on it in the harbour town a day before. Captains of the boats that lie at "
    "the quay want to be heard by the commission, and the second round in the spring is to settle who may fish where."
)
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>Talks about cod - Harbour Post</title>
<link rel="canonical" href="https://post.example/cod">
<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "Talks about cod",
"author": {{"@type": "Person", "name": "Ada Quay"}}, "datePublished": "DATE"}}</script></head>
<body><nav><a href="/">Home</a></nav><article><h1>Talks about cod</h1><p>{WIRE}</p><p>{LATER}</p></article>
</body></html>"""


def told(text: str, title: str = "Talks about cod", **more: Any) -> dict[str, Any]:
    return {"title": title, "text": text, **more}


def test_a_page_is_read_as_the_daemon_reads_it() -> None:
    found = adapters.extract(
        PAGE.replace("DATE", "2026-03-02T09:30:00+02:00").encode(), "https://post.example/cod?utm_source=x"
    )
    assert found.pop("text").split() == f"{WIRE} {LATER}".split()
    assert found.pop("published").isoformat() == "2026-03-02T09:30:00+02:00"
    assert found == {
        "title": "Talks about cod",
        "author": ["Ada Quay"],
        "language": "en",
        "canonical_url": "https://post.example/cod",
    }


def test_a_page_that_tells_its_day_alone_has_no_hour_invented() -> None:
    found = adapters.extract(PAGE.replace("DATE", "2026-03-02").encode(), "")
    assert found["published"] == date(2026, 3, 2)


@pytest.mark.parametrize("body", [b"", b'{"a": 1}', b"<html><body></body></html>"])
def test_what_is_no_story_says_why_and_nothing_else(body: bytes) -> None:
    found = adapters.extract(body, "https://post.example/")
    assert found.pop("refused")
    assert set(found) == {"title", "text", "published", "author", "language", "canonical_url"}
    assert set(found.values()) == {None}


def test_a_framed_text_of_another_outlet_is_a_copy_and_a_follow_up_is_none() -> None:
    framed = told(f"From our desk. {WIRE} More to follow.", "Ministers meet", source="Morning News")
    assert adapters.is_dup(told(WIRE, source="Harbour Post"), framed) is True
    assert adapters.is_dup(told(WIRE, source="Harbour Post"), told(LATER, source="Morning News")) is False


def test_copies_are_of_the_same_days_as_far_as_days_are_known() -> None:
    first = told(WIRE, url="https://post.example/1", published="2026-03-02")
    again = told(f"{WIRE} More to follow.", url="https://news.example/1")
    assert adapters.is_dup(first, {**again, "published": "2026-03-04T12:00:00+00:00"})
    assert not adapters.is_dup(first, {**again, "published": "2026-03-06"})
    assert adapters.is_dup(first, {**again, "published": ""})


@given(st.sampled_from([WIRE, OTHER, LATER, ""]), st.sampled_from([WIRE, OTHER, LATER, "A short note."]))
def test_which_of_two_comes_first_makes_no_difference(one: str, other: str) -> None:
    pair = told(one, source="one"), told(other, "Something else entirely", source="other")
    assert adapters.is_dup(*pair) == adapters.is_dup(*pair[::-1])


def test_stories_are_clustered_by_event_and_copies_with_what_they_copy() -> None:
    strangers = [told(" ".join(f"w{n}x{m}" for m in range(70)), f"Matter {n}") for n in range(9)]
    *lone, wire, copy, clocks, later = adapters.cluster(
        [*strangers, told(WIRE), told(f"{WIRE} End.", "Sailors wait"), told(OTHER, "Clocks"), told(LATER)]
    )
    assert wire == copy == later
    assert len({*lone, wire, clocks}) == 11


def test_stories_of_other_weeks_are_other_events() -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC)
    stories = [told(WIRE, published=(day + timedelta(days=20 * n)).isoformat()) for n in range(2)]
    assert len(set(adapters.cluster(stories))) == 2


def test_no_stories_have_no_events() -> None:
    assert adapters.cluster([]) == []
