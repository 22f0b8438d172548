from datetime import timedelta
from typing import Any
from urllib.parse import urljoin

import pytest

from spiders.entry import Hints
from spiders.hints import with_links
from spiders.parse import parse
from tests.spiders.made import ADDRESS, document, source

HOUR = timedelta(hours=1)


def hints(channel: str, namespaces: str = "") -> Hints:
    item = "<item><title>A</title></item>"
    body = f'<rss version="2.0" {namespaces}><channel><title>T</title>{channel}{item}</channel></rss>'
    return parse(document(body), source("feed")).hints


@pytest.mark.parametrize(
    ("channel", "ttl"),
    [
        ("<ttl>15</ttl>", HOUR / 4),
        ("<ttl> 60 </ttl>", HOUR),
        ("<ttl>0</ttl>", None),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>99999999999</ttl>", None),
        ("", None),
        ("<sy:updatePeriod> hourly </sy:updatePeriod>", HOUR),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", HOUR / 4),
        ("<sy:updatePeriod>Daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 24 * HOUR),
        ("<sy:updatePeriod>fortnightly</sy:updatePeriod>", None),
        ("<sy:updateFrequency>4</sy:updateFrequency>", None),
        ("<ttl>30</ttl><sy:updatePeriod>daily</sy:updatePeriod>", HOUR / 2),
    ],
)
def test_a_feed_says_how_long_it_may_be_kept(channel: str, ttl: timedelta | None) -> None:
    assert hints(channel, 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"').ttl == ttl


def test_hours_and_days_without_news_are_heard() -> None:
    found = hints(
        "<skipHours><hour>0</hour><hour> 23 </hour><hour>24</hour><hour>99</hour></skipHours>"
        "<skipDays><day>Saturday</day><day>sunday</day><day>Caturday</day></skipDays>"
    )
    assert (found.skip_hours, found.skip_days) == (frozenset({0, 23}), frozenset({5, 6}))


def test_a_feed_that_is_never_to_be_read_means_something_else() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    days = "".join(f"<day>{day}day</day>" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun"))
    found = hints(f"<skipHours>{hours}</skipHours><skipDays>{days}</skipDays>")
    assert (found.skip_hours, found.skip_days) == (frozenset(), frozenset())


def test_hub_and_topic_are_taken_letter_by_letter() -> None:
    links = '<atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="https://news.example/rss?utm_source=x"/>'
    found = hints(links, 'xmlns:atom="http://www.w3.org/2005/Atom"')
    assert (found.hub, found.topic) == ("https://hub.example/", "https://news.example/rss?utm_source=x")


def test_a_relative_topic_is_made_absolute_and_a_strange_hub_is_none() -> None:
    links = '<atom:link rel="hub" href="ftp://hub.example/"/><atom:link rel="self" href="/rss"/>'
    found = hints(links, 'xmlns:atom="http://www.w3.org/2005/Atom"')
    assert (found.hub, found.topic) == (None, "https://news.example/rss")


@pytest.mark.parametrize(
    ("extra", "hub"),
    [
        (
            '"hubs": [{"type": "rssCloud", "url": "https://a.example"}, {"type": "WebSub", "url": "https://hub.example/"}]',
            "https://hub.example/",
        ),
        ('"hubs": [{"type": "WebSub", "url": "javascript:x"}, "x"]', None),
        ('"hubs": 7', None),
    ],
)
def test_json_feeds_have_hubs_too(extra: str, hub: Any) -> None:
    body = (
        f'{{"version": "https://jsonfeed.org/version/1", "feed_url": "https://news.example/f", {extra}, "items": []}}'
    )
    assert parse(document(body), source("feed")).hints == Hints(hub=hub, topic="https://news.example/f")


FEED = "https://news.example/rss"


@pytest.mark.parametrize(
    ("header", "hub", "topic"),
    [
        (
            '<https://hub.example/>; rel="hub", <https://news.example/r?a=1>; rel="self"',
            "https://hub.example/",
            FEED[:-2] + "?a=1",
        ),
        ("</hub>;rel=hub", "https://news.example/hub", "https://b.example/self"),
        ('<https://a.example/>; rel="self hub"; title="a, b"', "https://a.example/", "https://a.example/"),
        (
            '<https://a.example/>; title="x"; REL="HUB", <https://z.example/>; rel=hub',
            "https://a.example/",
            "https://b.example/self",
        ),
        ('<https://x.example/>; rel="https://api.w.org/"', "https://b.example/hub", "https://b.example/self"),
        ("<javascript:x>; rel=hub, <>; rel=hub, <y; rel=hub", "https://b.example/hub", "https://b.example/self"),
        ("", "https://b.example/hub", "https://b.example/self"),
    ],
)
def test_the_head_of_an_answer_names_the_hub_before_the_document_does(header: str, hub: str, topic: str) -> None:
    body = Hints(hub="https://b.example/hub", topic="https://b.example/self", ttl=HOUR)
    assert with_links(body, header, FEED) == Hints(hub=hub, topic=topic, ttl=HOUR)


@pytest.mark.parametrize(
    ("channel", "older"),
    [
        ('<a:link rel="prev-archive" href="/2026/10"/><a:link rel="next" href="?page=2"/>', "/2026/10"),
        ('<a:link rel="next" href="?page=2"/>', "?page=2"),
        ("<generator>https://wordpress.org/?v=6.9</generator>", "?paged=2"),
        ("<generator>Hugo</generator>", None),
    ],
)
def test_a_feed_says_where_what_came_before_stands(channel: str, older: str | None) -> None:
    found = hints(channel, 'xmlns:a="http://www.w3.org/2005/Atom"').older
    assert found == (older and urljoin(ADDRESS, older))


def test_a_page_of_wordpress_leads_to_the_one_after_it() -> None:
    body = "<rss version='2.0'><channel><generator>WordPress</generator><item><title>A</title></item></channel></rss>"
    page = document(body, url="https://news.example/feed?cat=3&paged=2")
    assert parse(page, source("feed")).hints.older == "https://news.example/feed?cat=3&paged=3"
