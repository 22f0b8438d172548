"""Whatever bytes arrive, a reader answers with a value or a FetchError: nothing else may escape."""

import contextlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.errors import FetchError
from spiders.article import extract
from spiders.dates import when
from spiders.discover import candidates, customary, in_robots
from spiders.read import read
from spiders.reading import Document
from spiders.source import Selectors
from tests.server import rss
from tests.spiders.made import document, source, stories
from tests.spiders.test_article import BODY, page, told
from tests.spiders.test_parse import ATOM, RDF
from tests.spiders.test_sitemap import NEWS

JSON = (
    '{"version": "https://jsonfeed.org/version/1.1", "title": "W", "hubs": [{"type": "WebSub", "url": "https://h.example"}],'
    '"items": [{"id": 1, "title": "Pact", "tags": ["a"], "authors": [{"name": "A"}], "date_published": "2026-11-24"}]}'
)
PAGE = stories("Ministers sign a pact", "Minerals are running very short", "A third story", head="<base href='/x/'>")
ARTICLE = page(head=told(headline="Pact", datePublished="2026-11-24", author=[{"name": "Ann"}]), body=BODY)
ALTERNATE = '<html><link rel="alternate" type="application/rss+xml" href="/rss"><a href="feed://x/rss">RSS</a>'
ROBOTS = "User-agent: *\nSitemap: https://news.example/map.xml\n"
SEEDS = [document.encode() for document in (rss("A", "B"), ATOM, RDF, JSON, NEWS, PAGE, ARTICLE, ALTERNATE, ROBOTS)]
TAGS = sorted({tag for seed in SEEDS for tag in re.findall(rb"</?[\w:]+[^<>]{0,60}>|[{}\[\],:]", seed)})
ODD = [
    b"\x00",
    b"\xff\xfe",
    b"\x1f\x8b",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"<!DOCTYPE x [",
    b"&#xD800;",
    b"&#0;",
    b"\xed\xa0\x80",
]
ODD += [
    b"<base href='http://[::1'>",
    b"</textInput>",
    b"</where>",
    b"<time datetime='\xd9\xa2'>",
    b"1" * 5_000,
    b"9e999",
    b"NaN",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a document of one of our kinds with a few cuts and strange things put in."""
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(body)))
        length = draw(st.sampled_from([0, 0, 1, 3, 20, 200]))
        body[place : place + length] = draw(
            st.one_of(st.sampled_from(TAGS), st.sampled_from(ODD), st.binary(max_size=6))
        )
    return bytes(body)


BYTES = st.one_of(damaged(), damaged(), st.binary(max_size=300))
HEADERS = st.sampled_from(
    ["", "text/html; charset=utf-8", "text/xml; charset=utf-16", "x; charset=euc-jp", "; charset=\ufffd"]
)
SELECTED: dict[str, Any] = {
    "links": "h2 a, a",
    "links_match": "news|rss",
    "next": "a",
    "pages": 3,
    "article": Selectors(title="h1", body="p, main", date="time"),
}

Target = Callable[[Document], object]
TARGETS: dict[str, Target] = {
    "feed": lambda body: read(body, source("feed")),
    "sitemap": lambda body: read(body, source("sitemap")),
    "listing": lambda body: read(body, source("listing")),
    "listing by selectors": lambda body: read(body, source("listing", **SELECTED)),
    "auto": lambda body: read(body, source("auto", language="ja")),
    "article": lambda body: extract(body, source()),
    "article by selectors": lambda body: extract(body, source(**SELECTED)),
    "discover": candidates,
    "robots": lambda body: in_robots(body.body.decode("utf-8", "replace"), body.url),
}


def attacked(target: Target, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(BYTES, HEADERS)
    def attack(body: bytes, header: str) -> None:
        with contextlib.suppress(FetchError):
            target(document(body, content_type=header))

    attack()


@pytest.mark.parametrize("name", TARGETS)
def test_only_a_fetch_error_escapes(name: str) -> None:
    attacked(TARGETS[name], 60)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_only_a_fetch_error_escapes_in_many_more_attempts(name: str) -> None:
    attacked(TARGETS[name], 3_000)


NEAR_DATES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "24",
                "Nov",
                "2026",
                "20:59",
                "GMT",
                "+09:00",
                ",",
                "年",
                "月",
                "日",
                "午後",
                "令和",
                "de",
                "T",
                "-",
                "/",
                ".",
            ]
        ),
        st.text(max_size=3),
    ),
    max_size=9,
).map("".join)


@pytest.mark.parametrize("examples", [300, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_text_makes_a_date_of_now_or_escapes(examples: int) -> None:
    fetched = datetime(2026, 11, 30, 12, 34, 56, 789, tzinfo=UTC)

    @settings(max_examples=examples, deadline=None, database=None)
    @given(NEAR_DATES, st.sampled_from([None, "us", "gb", "jp", "th", "hr"]), st.sampled_from([None, "pl", "ja", "xx"]))
    def attack(raw: str, country: str | None, language: str | None) -> None:
        moment, note = when(raw, fetched=fetched, country=country, language=language)
        assert (moment is None) == (note is not None)
        assert moment != fetched

    attack()


@given(st.text(max_size=60))
def test_any_address_has_customary_ones_or_none(url: str) -> None:
    assert customary("https://news.example/" + url)
