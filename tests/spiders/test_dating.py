import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.story import DateNote
from spiders import facts
from spiders.dating import Dated, Precision, modified_of, published_of
from spiders.markup import tree_of
from tests.spiders.made import document, source

URL = "https://www.news.example/world/pact"
MORNING = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
DAY = date(2026, 11, 24)


def page(head: str = "", body: str = "<p>x</p>", url: str = URL) -> facts.Page:
    read = document(f"<!doctype html><html><head>{head}</head><body>{body}</body></html>", url=url)
    return facts.Page.of(tree_of(read), read)


def told(kind: Any = "NewsArticle", **values: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": kind} | values)}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (told(datePublished="2026-11-24T08:30:00Z"), ""),
        (told(datePublished="2026-11-24 08:30") + meta("article:published_time", "2026-11-24T09:30:00+01:00"), ""),
        (told(datePublished="2026-11-24", dateCreated="2026-11-24T08:30:00Z"), ""),
        ('<meta name="DC.date.issued" content="2026-11-24T08:30:00Z">', ""),
        ('<meta itemprop="datePublished" content="2026-11-24T08:30:00Z">', ""),
        ("", '<p><time itemprop="datePublished" datetime="2026-11-24T08:30:00Z">now</time>'),
        ("", '<article><time datetime="2026-11-24T08:30:00Z">x</time><time datetime="2026-11-24T08:30:00Z">x</time>'),
        ("", "<time pubdate>24 Nov 2026 08:30 GMT</time>"),
    ],
)
def test_the_date_is_that_of_the_first_witness_with_a_zone(head: str, body: str) -> None:
    found = published_of(page(head, body), source())
    assert (found.at, found.day, found.precision, found.note) == (MORNING, DAY, Precision.MINUTE, None)


@pytest.mark.parametrize(
    ("raw", "offset"),
    [
        ("2026-11-24T08:30:00Z", 0),
        ("2026-11-24T17:30:00+09:00", 9),
        ("Tue, 24 Nov 2026 03:30:00 -0500", -5),
        ("1795509000", None),
    ],
)
def test_the_zone_in_which_it_is_written_is_kept(raw: str, offset: int | None) -> None:
    found = published_of(page(told(datePublished=raw)), source())
    assert (found.at, found.offset) == (MORNING, None if offset is None else timedelta(hours=offset))


def test_the_day_is_that_of_the_page_s_own_clock() -> None:
    found = published_of(page(told(datePublished="2026-11-24T05:30:00+09:00")), source())
    assert (found.at, found.day) == (datetime(2026, 11, 23, 20, 30, tzinfo=UTC), DAY)


@pytest.mark.parametrize("raw", ["2026-11-24T00:00:00Z", "2026-11-24T00:00:00+09:00", "Tue, 24 Nov 2026 00:00:00 GMT"])
def test_midnight_to_the_second_is_a_day(raw: str) -> None:
    found = published_of(page(told(datePublished=raw)), source())
    assert (found.day, found.precision) == (DAY, Precision.DAY)


def test_a_day_without_a_zone_is_a_day_and_no_moment() -> None:
    dated = page(told(datePublished="2026-11-24"))
    assert published_of(dated, source()) == Dated(day=DAY, precision=Precision.DAY, note=DateNote.ZONELESS)
    tokyo = published_of(dated, source(timezone=ZoneInfo("Asia/Tokyo")))
    assert tokyo.at == datetime(2026, 11, 23, 15, tzinfo=UTC)
    assert (tokyo.day, tokyo.precision, tokyo.note) == (DAY, Precision.DAY, DateNote.ASSUMED_ZONE)


def test_a_clock_without_a_zone_gives_the_day_at_least() -> None:
    found = published_of(page(told(datePublished="2026-11-24 08:30")), source())
    assert found == Dated(day=DAY, precision=Precision.MINUTE, note=DateNote.ZONELESS)


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ("<p class='date'>Published: 24 November 2026</p>", URL),
        ("<p>x</p>", "https://www.news.example/2026/11/24/pact"),
    ],
)
def test_what_only_a_search_finds_is_a_day_and_never_a_moment(body: str, url: str) -> None:
    found = published_of(page("", body, url), source(timezone=ZoneInfo("Asia/Tokyo")))
    assert found == Dated(day=DAY, precision=Precision.DAY, note=DateNote.MISSING)


@pytest.mark.parametrize(
    "body",
    [
        '<article><time datetime="2026-11-24T08:30:00Z">x</time><time datetime="2026-11-20T08:30:00Z">x</time>',
        '<aside><time datetime="2026-11-24T08:30:00Z">x</time></aside>',
        "",
    ],
)
def test_a_moment_is_never_guessed(body: str) -> None:
    found = published_of(page("", body), source())
    assert (found.at, found.note) == (None, DateNote.MISSING)


def test_nothing_is_known_of_a_page_without_a_date() -> None:
    assert published_of(page("", "<p>x</p>"), source()) == Dated(note=DateNote.MISSING)


def test_a_date_that_cannot_be_used_is_named() -> None:
    assert published_of(page(told(datePublished="soon")), source()) == Dated(note=DateNote.UNREADABLE)
    assert published_of(page(told(datePublished="2027-11-24T08:30:00Z")), source()).note is DateNote.FUTURE


@pytest.mark.parametrize(
    ("head", "modified"),
    [
        (told(dateModified="2026-11-24T08:30:00Z"), MORNING),
        (meta("article:modified_time", "2026-11-24T09:30:00+01:00"), MORNING),
        (told(dateModified="soon") + meta("og:updated_time", "2026-11-24T08:30:00Z"), MORNING),
        (told(dateModified="2026-11-24 08:30"), None),
        ("", None),
    ],
)
def test_the_last_change_is_what_the_page_says(head: str, modified: datetime | None) -> None:
    assert modified_of(page(head), source()) == modified
