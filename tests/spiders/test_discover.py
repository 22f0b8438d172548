from datetime import timedelta

import pytest

from alerts.errors import FetchError
from spiders.discover import Candidate, Trial, candidates, choose, customary, in_robots, ranked
from spiders.entry import Entry, Reading
from tests.server import rss
from tests.spiders.made import ADDRESS, FETCHED, document


def found(head: str = "", body: str = "") -> list[tuple[str, str]]:
    page = f"<!doctype html><html><head><title>x</title>{head}</head><body>{body}</body></html>"
    return [(one.url, one.kind) for one in candidates(document(page))]


def named(href: str, kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


ITSELF = (ADDRESS, "listing")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (rss("A"), "feed"),
        ('{"version": "https://jsonfeed.org/version/1"}', "feed"),
        ("<urlset/>", "sitemap"),
        ("https://news.example/a\n", "sitemap"),
    ],
)
def test_what_is_a_source_already_is_its_own_candidate(body: str, kind: str) -> None:
    (only,) = candidates(document(body))
    assert (only.url, only.kind, only.score) == (ADDRESS, kind, 100)


def test_the_feeds_of_the_head_come_first_in_their_order_and_the_page_itself_last() -> None:
    head = named("/world.xml", title="World") + named("/all.atom", "application/atom+xml; charset=utf-8")
    assert found(head + named("feed.json", "application/feed+json")) == [
        ("https://news.example/world.xml", "feed"),
        ("https://news.example/all.atom", "feed"),
        ("https://news.example/section/feed.json", "feed"),
        ITSELF,
    ]


def test_a_page_that_names_a_hundred_feeds_is_a_candidate_itself() -> None:
    addresses = found("".join(named(f"/{number}.xml") for number in range(100)))
    assert (len(addresses), addresses[-1]) == (40, ITSELF)


def test_a_candidate_says_why_it_is_one() -> None:
    page = f"<html><head>{named('/world.xml', title='World  news')}</head><body><a href='/rss'>Our RSS feed</a>"
    assert [one.reason for one in candidates(document(page))] == [
        "the page names it: RSS, World news",
        "the page links to it: Our RSS feed",
        "the page itself, read as a listing",
    ]


@pytest.mark.parametrize(
    "head",
    [
        named("/comments/feed/"),
        named("/2026/11/pact/feed/", title="The Example » Pact Comments Feed"),
        named("/pact/feed/", title="Kommentare zu: Pact"),
        named("/feed?replytocom=7"),
        named("/oembed?url=x", "application/json+oembed"),
        named("/wp-json/oembed/1.0/embed", "text/xml+oembed"),
        named("/de/", "text/html"),
        named("javascript:x"),
        named(""),
        '<link rel="stylesheet" type="application/rss+xml" href="/x.xml">',
    ],
)
def test_comments_players_and_translations_are_no_feeds(head: str) -> None:
    assert found(head) == [ITSELF]


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="/rss">x</a>',
        '<a href="/world/rss.xml">x</a>',
        '<a href="/feed/">x</a>',
        '<a href="/index.php?format=feed&amp;type=rss">x</a>',
        '<a href="/world.atom">x</a>',
        '<a href="/x/1234">RSS</a>',
        '<a href="/x/1234">RSS feeds</a>',
        '<a type="application/rss+xml" href="/x">x</a>',
    ],
)
def test_links_that_look_like_feeds_are_candidates(anchor: str) -> None:
    assert [kind for _, kind in found(body=anchor)] == ["feed", "listing"]


@pytest.mark.parametrize(
    "anchor",
    [
        '<a href="/world/ministers-sign">Ministers feed hopes</a>',
        '<a href="/a?utm_source=rss-feed-item">x</a>',
        '<a href="/comments/feed">x</a>',
        '<a href="/rss.png">x</a>',
        '<a href="#rss">RSS</a>',
    ],
)
def test_other_links_are_not(anchor: str) -> None:
    assert found(body=anchor) == [ITSELF]


def test_a_feed_of_another_site_is_less_likely_the_page_s_own() -> None:
    both = (
        '<a href="https://other.example2/rss">x</a><a href="/rss">x</a><a href="https://feeds.feedburner.com/x">y</a>'
    )
    assert found(body=both)[0][0] == "https://news.example/rss"
    assert len(found(body=both)) == 4


def test_the_scheme_feed_is_a_wish_for_a_program() -> None:
    assert found(body='<a href="feed:https://news.example/a.rss">x</a>')[0] == ("https://news.example/a.rss", "feed")
    assert found(body='<a href="feed://news.example/a.rss">x</a>')[0] == ("https://news.example/a.rss", "feed")


def test_an_address_that_is_named_twice_is_one_candidate_with_the_better_reason() -> None:
    twice = ranked(
        [
            Candidate(url="https://news.example/rss?utm_source=x", kind="feed", reason="b", score=1),
            Candidate(url="https://news.example/rss", kind="feed", reason="a", score=2),
        ]
    )
    assert [one.reason for one in twice] == ["a"]


def test_what_is_no_page_is_named() -> None:
    with pytest.raises(FetchError, match="empty"):
        candidates(document(""))
    with pytest.raises(FetchError, match="not-a-page"):
        candidates(document("Service unavailable"))


def test_robots_name_sitemaps_those_of_news_first() -> None:
    text = (
        "User-agent: *\r\nDisallow: /x\r\nSitemap: https://news.example/sitemap.xml\r\n"
        "sitemap:/maps/news.xml # relative\nSITEMAP : https://cdn.example/images-sitemap.xml\nSitemap: javascript:x\n"
        "# Sitemap: https://news.example/commented.xml\nSitemap:\n"
    )
    assert [(one.url, one.kind) for one in in_robots(text, "https://news.example/robots.txt")] == [
        ("https://news.example/maps/news.xml", "sitemap"),
        ("https://news.example/sitemap.xml", "sitemap"),
        ("https://cdn.example/images-sitemap.xml", "sitemap"),
    ]


def test_a_robots_txt_of_ten_thousand_sitemaps_is_cut() -> None:
    text = "".join(f"Sitemap: /{number}.xml\n" for number in range(10_000))
    assert len(in_robots(text, "https://news.example/robots.txt")) == 40


def test_customary_addresses_are_tried_the_likeliest_first() -> None:
    urls = [one.url for one in customary("https://news.example/world/asia/")]
    assert urls[:3] == [
        "https://news.example/world/asia/feed",
        "https://news.example/feed",
        "https://news.example/rss",
    ]
    assert {"/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/news-sitemap.xml", "/sitemap_index.xml"} <= {
        url.removeprefix("https://news.example") for url in urls
    }
    assert customary("https://news.example")[0].url == "https://news.example/feed"


def trial(url: str, kind: str, dialect: str, *, hours: float | None = 1, entries: int = 30, known: int = 50) -> Trial:
    published = FETCHED - timedelta(hours=hours) if hours is not None else None
    found = tuple(
        Entry(identity=str(n), url=None, title="" if dialect == "sitemap" else "T", text="x", published=published)
        for n in range(entries)
    )
    candidate = Candidate(url=url, kind=kind, reason="named", score=known)
    return Trial(candidate=candidate, reading=Reading(title=None, dialect=dialect, entries=found))


def best(*trials: Trial) -> str:
    return choose(trials, FETCHED)[0].candidate.url


def test_a_feed_beats_a_news_sitemap_beats_a_listing_beats_a_plain_sitemap() -> None:
    order = [
        trial("feed", "feed", "rss20"),
        trial("newsmap", "sitemap", "newsmap"),
        trial("listing", "listing", "listing", hours=None),
        trial("sitemap", "sitemap", "sitemap", hours=None),
    ]
    assert [choice.candidate.url for choice in choose(order[::-1], FETCHED)] == [
        "feed",
        "newsmap",
        "listing",
        "sitemap",
    ]


def test_a_fresh_news_sitemap_beats_a_feed_that_died() -> None:
    assert best(trial("dead", "feed", "rss20", hours=24 * 400), trial("alive", "sitemap", "newsmap")) == "alive"


def test_more_and_dated_entries_count() -> None:
    assert best(trial("few", "feed", "rss20", entries=2), trial("many", "feed", "rss20")) == "many"
    assert best(trial("undated", "feed", "rss20", hours=None), trial("dated", "feed", "rss20")) == "dated"


def test_what_was_known_before_settles_a_tie() -> None:
    assert best(trial("linked", "feed", "rss20", known=50), trial("named", "feed", "rss20", known=80)) == "named"


def test_a_choice_says_why() -> None:
    (choice,) = choose([trial("a", "feed", "rss20", hours=0.2)], FETCHED)
    assert choice.reason == "feed with 30 entries, 30 dated, the newest 12 min ago"
    (choice,) = choose([trial("a", "sitemap", "sitemap", hours=None)], FETCHED)
    assert choice.reason == "sitemap with 30 entries, 0 dated; addresses only, their pages say the rest"
    assert [choose([trial("a", "feed", "rss20", hours=h)], FETCHED)[0].reason[-11:] for h in (5, 60)] == [
        "5 hours ago",
        " 2 days ago",
    ]


def test_what_cannot_be_used_comes_last_with_its_reason() -> None:
    candidate = Candidate(url="x", kind="feed", reason="named", score=99)
    index = Candidate(url="index", kind="sitemap", reason="named", score=10)
    choices = choose(
        [
            Trial(candidate=candidate, error=FetchError("http-404", "404 Not Found")),
            Trial(candidate=candidate),
            Trial(candidate=candidate, reading=Reading(title=None, dialect="rss20")),
            Trial(candidate=index, reading=Reading(title=None, dialect="sitemapindex", more=("a", "b"))),
        ],
        FETCHED,
    )
    assert [(choice.usable, choice.reason) for choice in choices] == [
        (True, "index of sitemaps without entries; it names 2 other documents"),
        (True, "feed without entries"),
        (False, "http-404: 404 Not Found"),
        (False, "not looked at"),
    ]
