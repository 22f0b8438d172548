from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import FetchError
from crawler.visits.backfill import (
    MARGIN,
    MOST_DOCUMENTS,
    MOST_ENTRIES,
    OLDEST,
    TRIES,
    Gap,
    Look,
    Looked,
    State,
    Step,
    after,
    begin,
    failed,
    is_near,
    joined,
    looked,
    over_before,
    place_of,
    poll_of,
    sitemaps,
    trying,
)
from crawler.visits.flood import decide
from crawler.visits.poll import Answer, Claim, Poll, Validators
from crawler.visits.standing import Next, Standing
from spiders.entry import Entry, Hints, Reading
from spiders.source import Source
from tests.fakes import NOON

HOUR = timedelta(hours=1)
SOURCE = Source(id="a", url="https://news.example/feed", name="A")
FEED, SITE, MAP = (Step(look, f"https://news.example/{look}") for look in (Look.FEED, Look.SITE, Look.SITEMAP))


def entry(minutes: float | None, url: str = "https://news.example/world/a") -> Entry:
    at = None if minutes is None else NOON + timedelta(minutes=minutes)
    return Entry(identity=f"{url}#{minutes}", url=url, title="Talks", published=at)


def reading(*entries: Entry, **changes: Any) -> Reading:
    return Reading(title=None, dialect="rss20", entries=entries, **changes)


def gap(**changes: Any) -> Gap:
    values: dict[str, Any] = {
        "source": "a",
        "home": SOURCE.url,
        "since": NOON,
        "until": NOON + HOUR,
        "late": timedelta(0),
        "failures": 0,
        "due": NOON + HOUR,
        "steps": (FEED, SITE),
        "places": frozenset({"news.example/world"}),
    }
    return Gap(**values | changes)


def visit(*entries: Entry, last_ok: timedelta | None = HOUR, older: str | None = None, **changes: Any) -> Poll:
    standing = Standing(last_ok=None if last_ok is None else NOON - last_ok)
    values: dict[str, Any] = {
        "claim": Claim(source="a", due=NOON, token=1, first=False, validators=Validators(), standing=standing),
        "source": SOURCE,
        "at": NOON,
        "answer": Answer.READ,
        "reason": "200",
        "elapsed": timedelta(0),
        "reading": reading(*entries, hints=Hints(older=older)),
        "validators": Validators(),
        "schedule": lambda poll, _: Next(at=poll.at, why=""),
    }
    return Poll(**values | changes)


def test_a_gap_knows_where_to_look_and_what_the_source_brings() -> None:
    found = begin(visit(entry(0), entry(0, "https://www.news.example/asia/b"), entry(0), older="https://x.example/2"))
    assert found is not None
    assert (found.since, found.until) == (NOON - HOUR, NOON)
    assert found.steps == (
        Step(Look.FEED, "https://x.example/2"),
        Step(Look.SITE, "https://news.example/robots.txt"),
    )
    assert found.places == {"news.example/world", "www.news.example/asia"}


def test_the_sitemaps_of_others_are_no_place_to_look() -> None:
    found = begin(visit(entry(0, "https://elsewhere.example/a")))
    assert found is not None
    assert (found.due, found.state) == (None, State.GIVEN_UP)
    assert found.result == "given up; sitemaps are not looked at: its stories stand on other sites"


def test_without_a_visit_before_there_is_no_gap() -> None:
    assert begin(visit(entry(0), last_ok=None)) is None


def test_no_gap_goes_back_for_more_than_a_week() -> None:
    found = begin(visit(entry(0), last_ok=30 * 24 * HOUR))
    assert found is not None
    assert found.since == NOON - OLDEST


def test_a_gap_that_nobody_looked_at_grows() -> None:
    later = gap(since=NOON + HOUR, until=NOON + 2 * HOUR, late=HOUR)
    both = joined(gap(), later)
    assert (both.since, both.until, both.late) == (NOON, NOON + 2 * HOUR, HOUR)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://n.example/world/a", "n.example/world"),
        ("https://n.example/world/asia/a/", "n.example/world"),
        ("https://n.example/2026/11/02/world/a", "n.example/world"),
        ("https://n.example/2026/11/a", "n.example/"),
        ("https://n.example/a/", "n.example/"),
        ("https://n.example", "n.example/"),
    ],
)
def test_the_part_of_a_site_is_its_first_folder_that_is_no_date(url: str, place: str) -> None:
    assert place_of(url) == place


@given(st.lists(st.none() | st.floats(-3000, 3000), max_size=30))
def test_what_is_taken_has_a_date_inside_the_gap_and_nothing_of_it_is_left(minutes: list[float | None]) -> None:
    entries = [entry(one, f"https://news.example/world/{number}") for number, one in enumerate(minutes)]
    found = looked(gap(), MAP, reading(*entries))
    inside = [one for one in entries if one.published and NOON - MARGIN <= one.published <= NOON + HOUR]
    assert list(found.entries) == inside
    undated = minutes.count(None)
    assert found.notes == ((f"left out of {MAP.url}: {undated} without a date",) if undated else ())


def test_a_sitemap_gives_only_what_the_source_might_have_listed() -> None:
    sport = entry(30, "https://news.example/sport/b")
    assert looked(gap(), MAP, reading(sport)).entries == ()
    assert looked(gap(), FEED, reading(sport)).entries == (sport,)


def test_a_document_that_goes_back_far_enough_is_the_last() -> None:
    assert looked(gap(), FEED, reading(entry(30), entry(-5))).reaches
    assert not looked(gap(), FEED, reading(entry(-5), entry(30))).reaches  # an old one is pinned to the top
    assert looked(gap(), MAP, reading(entry(-5), entry(30))).reaches
    assert not looked(gap(), MAP, reading(entry(None))).reaches
    over = after(gap(), FEED, Looked(url=FEED.url, reaches=True), 0, NOON)
    assert (over.state, over.result) == (State.NOTHING, "nothing there: 1 document read")


def test_a_page_leads_to_the_one_before_it_and_an_index_to_its_sitemaps() -> None:
    assert looked(gap(), FEED, reading(hints=Hints(older="https://n.example/3"))).steps == (
        Step(Look.FEED, "https://n.example/3"),
    )
    assert looked(gap(), MAP, reading(more=("https://n.example/m1",))).steps == (
        Step(Look.SITEMAP, "https://n.example/m1"),
    )


def test_named_sitemaps_go_before_the_customary_ones() -> None:
    assert [step.url for step in sitemaps(gap(), ["m"], ["c"]).steps] == ["m"]
    assert [step.url for step in sitemaps(gap(asked=("m",)), ["m"], ["c"]).steps] == ["c"]


def test_a_cap_is_said() -> None:
    entries = [entry(1, f"https://news.example/world/{number}") for number in range(MOST_ENTRIES + 3)]
    found = looked(gap(), FEED, reading(*entries))
    assert len(found.entries) == MOST_ENTRIES
    assert found.notes == (f"left out of {FEED.url}: 3 beyond 500",)
    over = after(gap(), FEED, found, 7, NOON)
    assert (over.due, over.stories) == (None, 7)
    assert "1 more not looked at: 500 entries are the most" in over.result


OUTCOMES = st.sampled_from(["read", "more", "http-500", "http-404", "robots", "timeout", "kill"])


@given(st.lists(OUTCOMES, max_size=60))
def test_every_gap_ends_with_few_documents_and_says_what_came_of_it(outcomes: list[str]) -> None:
    now, here, asked = NOON + HOUR, gap(), 0
    for number, outcome in enumerate([*outcomes, *(["more"] * 20)]):
        if here.due is None:
            break
        step, before = here.steps[0], here
        here, asked = trying(here, now), asked + 1
        assert here.due is not None
        assert here.due > now
        if outcome == "kill":
            now = here.due
            asked -= 1
            continue
        status = int(outcome[5:]) if outcome.startswith("http") else None
        if outcome in {"read", "more"}:
            further = (Step(Look.FEED, f"https://news.example/{number}"),) if outcome == "more" else ()
            here = after(before, step, Looked(url=step.url, entries=(entry(1),), steps=further), 1, now)
        else:
            here = failed(before, step, FetchError(outcome, "trouble", status=status), now)
        now = max(now, here.due or now)
    assert here.due is None
    assert here.documents <= MOST_DOCUMENTS
    assert asked <= MOST_DOCUMENTS * TRIES
    assert here.result
    assert here.state is (State.FILLED if here.stories else State.GIVEN_UP)


def test_what_may_pass_is_tried_three_times_each_time_later() -> None:
    here, now, waits = gap(), NOON, list[timedelta]()
    while here.steps[0] == FEED:
        here = failed(here, FEED, FetchError("timeout", ""), now)
        assert here.due is not None
        waits.append(here.due - now)
    assert waits == [timedelta(minutes=10), timedelta(minutes=20), timedelta(0)]


def test_a_host_that_wants_to_be_left_alone_costs_no_try() -> None:
    here = failed(gap(), FEED, FetchError("host-held", "", retry_after=HOUR), NOON)
    assert (here.tries, here.documents, here.due) == (0, 0, NOON + HOUR)


@pytest.mark.parametrize(
    ("source", "now", "why"),
    [
        (None, NOON, "the source left the configuration"),
        (replace(SOURCE, url="https://b.example"), NOON, "the source has another address by now"),
        (SOURCE, NOON + 2 * OLDEST, "the gap is more than 7 days old"),
    ],
)
def test_what_is_not_to_be_filled_any_more_is_given_up(source: Source | None, now: Any, why: str) -> None:
    over = over_before(gap(), source, now)
    assert over is not None
    assert (over.due, over.result) == (None, f"given up; {why}")
    assert over_before(gap(), SOURCE, NOON + HOUR) is None


def test_what_was_missed_while_nobody_watched_is_told_together() -> None:
    poll = poll_of(gap(late=3 * HOUR), SOURCE, Standing(), Looked(url=MAP.url, entries=(entry(1),)), NOON + 2 * HOUR)
    assert decide(4, 4, poll.claim, poll.at) is not None
    punctual = poll_of(gap(), SOURCE, Standing(), Looked(url=MAP.url, entries=(entry(1),)), NOON + 2 * HOUR)
    assert decide(4, 4, punctual.claim, punctual.at) is None
    assert decide(11, 11, punctual.claim, punctual.at) is not None


def test_an_issue_of_tomorrow_at_the_same_address_is_another_story() -> None:
    assert is_near(NOON, None)
    assert is_near(NOON, NOON + HOUR)
    assert not is_near(NOON, NOON + 25 * HOUR)
