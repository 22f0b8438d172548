from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.errors import FetchError
from spiders.entry import Reading
from spiders.read import read
from tests.spiders.made import ADDRESS, document, source, stories

TITLES = ("Ministers sign a pact", "Minerals are running very short", "A third story of today")
PAGE = stories(*TITLES)


def read_page(page: str, **known: Any) -> Reading:
    return read(document(page), source("listing", **known))


def refused(page: str, **known: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        read_page(page, **known)
    return caught.value


def test_stories_are_found_without_being_told_how() -> None:
    reading = read_page(PAGE)
    first = reading.entries[0]
    assert [entry.title for entry in reading.entries] == list(TITLES)
    assert (reading.title, reading.dialect, reading.language) == ("World", "listing", "en")
    assert first.identity == first.url == "https://news.example/news/0-on-the-new-pact"
    assert [entry.published for entry in reading.entries] == [
        datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in range(3)
    ]


@pytest.mark.parametrize("links", ["h2.headline a", "h2.headline", "article.card", ".headline > a[href*=news]"])
def test_the_user_s_selector_is_obeyed_whether_it_means_links_or_what_is_around_them(links: str) -> None:
    assert [entry.title for entry in read_page(PAGE, links=links).entries] == list(TITLES)


def test_a_selector_may_mean_what_is_inside_a_link() -> None:
    page = '<body><a href="/x"><b class="t">Anything</b></a></body>'
    assert [entry.title for entry in read_page(page, links="b.t").entries] == ["Anything"]


def test_a_pattern_is_searched_in_the_absolute_address() -> None:
    assert [e.title for e in read_page(PAGE, links_match=r"^https://news\.example/news/[01]").entries] == list(
        TITLES[:2]
    )
    assert [e.title for e in read_page(PAGE, links="h2 a", links_match="/2-").entries] == [TITLES[2]]


def test_one_story_is_enough_for_a_selector_or_pattern() -> None:
    assert len(read_page(stories("Only one story here"), links="h2 a").entries) == 1


def test_a_selector_that_matches_nothing_is_drift_and_says_what_is_there_instead() -> None:
    error = refused(PAGE, links="a.gone")
    assert error.reason == "drift"
    assert "links: 'a.gone' matches nothing" in error.detail
    assert "'article.card > a'" in error.detail
    assert "https://news.example/news/0-on-the-new-pact" in error.detail


def test_a_pattern_that_matches_nothing_is_drift() -> None:
    assert "links_match: '/nowhere/' matches nothing" in refused(PAGE, links_match="/nowhere/").detail


def test_drift_on_a_page_without_stories_or_without_links_says_so() -> None:
    assert "none looks like a story's" in refused("<body><a href='/x'>Home</a><p>x", links="a.gone").detail
    assert "drawn by script" in refused("<body><p>Loading the news for you", links="a.gone").detail


def test_fewer_than_three_stories_are_drift_without_a_selector() -> None:
    error = refused(stories(*TITLES[:2]))
    assert error.reason == "drift"
    assert error.detail.startswith("2 of the page's 4 links look like stories")
    assert "news.example" in error.detail


@pytest.mark.parametrize(
    "known", [{"links": "a[["}, {"links_match": "(?<=x)y"}, {"links": "h2 a", "next": "::", "pages": 2}]
)
def test_what_is_no_selector_is_named(known: dict[str, Any]) -> None:
    assert refused(PAGE, **known).reason == "bad-selector"


def test_the_next_page_is_followed_only_when_more_than_one_is_wanted() -> None:
    page = stories(*TITLES, around='{}<a class="next" href="?page=2">More</a>')
    assert read_page(page, next="a.next", pages=3).more == (ADDRESS + "?page=2",)
    assert read_page(page, next="a.next").more == ()


def test_the_next_page_is_known_by_its_relation_too() -> None:
    assert read_page(stories(*TITLES, head='<link rel="next" href="/p2">'), pages=2).more == (
        "https://news.example/p2",
    )
    around = '{}<a rel="nofollow next" href="/p2">More</a>'
    assert read_page(stories(*TITLES, around=around), pages=2).more == ("https://news.example/p2",)
    assert read_page(PAGE, pages=2).more == ()


def test_links_are_relative_to_the_page_s_base() -> None:
    page = stories(*TITLES, head='<base href="https://www.news.example/x/">').replace('"/news/', '"')
    assert read_page(page).entries[0].url == "https://www.news.example/x/0-on-the-new-pact"


def test_a_page_that_draws_its_list_by_script_is_read_from_its_json_ld() -> None:
    items = ",".join(
        f'{{"@type": "ListItem", "position": {n}, "item": {{"@type": "NewsArticle", "url": "/news/{n}-on-the-new-pact",'
        f'"headline": "{title}", "datePublished": "2026-11-24T0{n}:00:00Z"}}}}'
        for n, title in enumerate(TITLES)
    )
    for outer in (
        f'{{"@type": "ItemList", "itemListElement": [{items}]}}',
        f'{{"@type": "CollectionPage", "mainEntity": {{"@type": "ItemList", "itemListElement": [{items}]}}}}',
        f'{{"@graph": [{{"@type": ["CollectionPage"], "hasPart": [{items}]}}]}}',
    ):
        page = (
            f'<head><title>x</title><script type="application/ld+json">{outer}</script></head><body><div id=app></div>'
        )
        reading = read_page(page)
        assert [entry.title for entry in reading.entries] == list(TITLES)
        assert reading.entries[2].published == datetime(2026, 11, 24, 2, tzinfo=UTC)


def test_json_ld_names_and_dates_what_the_page_links_to() -> None:
    told = (
        '<script type="application/ld+json">{"@type": "ItemList", "itemListElement": [{"@type": "ListItem",'
        '"url": "https://news.example/news/1-on-the-new-pact", "name": "The whole headline"}]}</script>'
    )
    assert [e.title for e in read_page(stories(*TITLES, head=told)).entries] == [
        TITLES[0],
        "The whole headline",
        TITLES[2],
    ]


def test_a_link_without_words_needs_its_page() -> None:
    page = '<body><p><a class="s" href="/news/12345"><img src="x.jpg"></a>'
    (entry,) = read_page(page, links="a.s").entries
    assert (entry.title, entry.needs_page) == ("", True)


def test_a_feed_where_a_listing_was_expected_is_read_and_noted() -> None:
    reading = read_page("<rss version='2.0'><channel><item><title>A</title></item></channel></rss>")
    assert reading.notes == ("kind: listing, but it is a feed",)


@pytest.mark.parametrize(
    ("page", "reason"), [("", "empty"), ("Service unavailable", "not-a-page"), ("\x00\x01", "not-a-page")]
)
def test_what_is_no_page_is_named(page: str, reason: str) -> None:
    assert refused(page).reason == reason


def test_a_selector_and_a_pattern_that_never_agree_are_drift() -> None:
    assert refused(PAGE, links="h2 a", links_match="/nowhere/").detail.startswith(
        "links_match: '/nowhere/' matches nothing"
    )


def test_a_list_nested_without_end_is_survived() -> None:
    deep = '{"@type": "ItemList", "item": ' * 40 + "1" + "}" * 40
    page = stories(*TITLES, head=f'<script type="application/ld+json">{deep}</script>')
    assert len(read_page(page).entries) == 3
