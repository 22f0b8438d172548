from datetime import UTC, datetime

import pytest

from spiders.entry import Reading
from spiders.read import read
from spiders.reading import ENTRY_LIMIT
from spiders.sitemap import CHILD_LIMIT
from tests.spiders.made import document, source

NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc>https://news.example/a?utm_source=map</loc><lastmod>2026-11-24T11:30:00Z</lastmod>
    <news:news><news:publication><news:name>The Example</news:name><news:language>en</news:language></news:publication>
      <news:publication_date>2026-11-24T11:00:00+00:00</news:publication_date>
      <news:title>Pact &amp; signature</news:title>
      <news:keywords>defence, rare earths</news:keywords><news:stock_tickers>TYO:5711, NYSE:MP</news:stock_tickers>
    </news:news>
    <image:image><image:loc>https://news.example/a.jpg</image:loc><image:title>A picture</image:title></image:image>
  </url>
</urlset>"""


def plain(*urls: tuple[str, str], root: str = "urlset", item: str = "url") -> str:
    rows = "".join(f"<{item}><loc>{loc}</loc><lastmod>{day}</lastmod></{item}>" for loc, day in urls)
    return f'<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</{root}>'


def read_map(body: str | bytes) -> Reading:
    return read(document(body, url="https://news.example/map.xml"), source("sitemap"))


def test_a_news_sitemap_is_read_like_a_feed() -> None:
    reading = read_map(NEWS)
    (entry,) = reading.entries
    assert (reading.title, reading.dialect, reading.language, reading.notes) == ("The Example", "newsmap", "en", ())
    assert entry.identity == entry.url == "https://news.example/a"
    assert (entry.title, entry.language) == ("Pact & signature", "en")
    assert entry.tags == ("defence", "rare earths", "TYO:5711", "NYSE:MP")
    assert entry.published == datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert entry.modified == datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
    assert not entry.needs_page


def test_a_plain_sitemap_gives_addresses_whose_pages_must_be_read_and_no_invented_title_or_date() -> None:
    reading = read_map(plain(("https://news.example/the-new-pact", "2026-11-24T10:00:00Z")))
    (entry,) = reading.entries
    assert (entry.title, entry.text, entry.published) == ("", "", None)
    assert entry.modified == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert entry.needs_page
    assert entry.identity == "https://news.example/the-new-pact"


@pytest.mark.parametrize(
    "body",
    [
        "<urlset><url><loc>https://news.example/a</loc><n:news><n:title>Pact</n:title></n:news></url></urlset>",
        "<urlset xmlns:n='urn:wrong'><url><loc>https://news.example/a</loc><n:news><n:title>Pact</n:title></n:news></url>",
        "<s:urlset xmlns:s='x' xmlns:n='y'><s:url><s:loc>https://news.example/a</s:loc><n:news><n:title>Pact</n:title>",
        "<urlset xmlns:news='urn:sitemap-news'><url><loc>https://news.example/a</loc><news:title>Pact</news:title></url>",
        "<urlset><url><loc>\n<![CDATA[https://news.example/a]]></loc><n:news><n:title><![CDATA[ Pact ]]></n:title>",
        "<URLSET><URL><LOC>https://news.example/a</LOC><news:NEWS><news:TITLE>Pact</news:TITLE></news:NEWS></URL></URLSET>",
    ],
)
def test_elements_are_known_in_whatever_namespace(body: str) -> None:
    (entry,) = read_map(body).entries
    assert (entry.url, entry.title) == ("https://news.example/a", "Pact")


def test_an_address_with_bare_ampersands_is_whole_and_entities_of_html_are_spelled_out() -> None:
    body = (
        "<urlset><url><loc>https://news.example/a?id=1&page=2</loc>"
        "<news:news><news:title>Caf&eacute; &amp; &unknown; caf&#233;</news:title></news:news></url>"
        "<url><loc><![CDATA[https://news.example/b?id=1&page=2]]></loc></url></urlset>"
    )
    first, second = read_map(body).entries
    assert (first.url, first.title) == ("https://news.example/a?id=1&page=2", "Café & &unknown; café")
    assert second.url == "https://news.example/b?id=1&page=2"


def test_damage_costs_only_what_comes_after_it_and_is_noted() -> None:
    whole = plain(*((f"https://news.example/{number}", "2026-11-24") for number in range(9)))
    reading = read_map(whole[: len(whole) * 2 // 3])
    assert len(reading.entries) >= 5
    assert any(note.startswith("not well-formed") for note in reading.notes)


def test_a_sitemap_of_no_news_is_no_error() -> None:
    assert read_map("<urlset></urlset>").entries == ()


def test_the_newest_of_many_are_kept_newest_first_and_the_rest_is_counted() -> None:
    days = [(f"https://news.example/{n}", f"2026-{1 + n % 11:02}-{1 + n % 27:02}T00:00:00+09:00") for n in range(900)]
    reading = read_map(plain(*days))
    dates = [entry.modified for entry in reading.entries if entry.modified]
    assert len(reading.entries) == ENTRY_LIMIT
    assert dates == sorted(dates, reverse=True)
    assert dates[0].month == 11
    assert reading.notes == (f"{ENTRY_LIMIT} of 900 addresses read (the newest)",)


def test_of_many_without_dates_both_ends_are_kept() -> None:
    urls = "".join(f"<url><loc>https://news.example/{number}</loc></url>" for number in range(700))
    reading = read_map(f"<urlset>{urls}</urlset>")
    kept = [entry.url for entry in reading.entries]
    assert (kept[0], kept[-1], len(kept)) == ("https://news.example/0", "https://news.example/699", ENTRY_LIMIT)
    assert reading.notes == (f"{ENTRY_LIMIT} of 700 addresses read (none is dated: the first and the last)",)


@pytest.mark.slow
def test_more_addresses_than_the_protocol_allows_are_not_looked_at() -> None:
    urls = "<url><loc>https://news.example/a</loc></url>" * 50_001
    assert "50000 of 50001 addresses looked at" in read_map(f"<urlset>{urls}</urlset>").notes


def test_odd_dates_sort_too() -> None:
    reading = read_map(
        plain(
            ("https://news.example/none", ""),
            ("https://news.example/odd", "Tue, 24 Nov 2026 10:00:00 GMT"),
            ("https://news.example/day", "2026-11-23"),
            ("https://news.example/no", "soon"),
        )
    )
    assert [entry.url for entry in reading.entries][:2] == ["https://news.example/odd", "https://news.example/day"]


def test_an_index_names_its_sitemaps_news_first_then_the_newest() -> None:
    reading = read_map(
        plain(
            ("https://news.example/authors.xml", "2026-11-24T11:59:00Z"),
            ("https://news.example/old.xml", "2026-10-01"),
            ("https://news.example/posts-1.xml", "2026-11-23"),
            ("/posts-2.xml", "2026-11-24T11:00:00Z"),
            ("https://news.example/news.xml", ""),
            ("javascript:x", "2026-11-24"),
            root="sitemapindex",
            item="sitemap",
        )
    )
    assert reading.entries == ()
    assert reading.dialect == "sitemapindex"
    assert reading.more == (
        "https://news.example/news.xml",
        "https://news.example/posts-2.xml",
        "https://news.example/posts-1.xml",
        "https://news.example/authors.xml",
    )
    assert reading.notes == ("1 of 5 sitemaps have not changed for 7 days",)


def test_an_index_where_nothing_is_new_still_has_its_newest_read() -> None:
    body = plain(("/a.xml", "2020-01-01"), ("/b.xml", "2021-01-01"), root="sitemapindex", item="sitemap")
    assert read_map(body).more == ("https://news.example/b.xml",)


def test_only_so_many_sitemaps_of_an_index_are_followed() -> None:
    many = [(f"/{number}.xml", "2026-11-24") for number in range(CHILD_LIMIT + 5)]
    reading = read_map(plain(*many, root="sitemapindex", item="sitemap"))
    assert len(reading.more) == CHILD_LIMIT
    assert reading.notes == (
        f"{CHILD_LIMIT} of {CHILD_LIMIT + 5} sitemaps followed, those of news and the newest first",
    )


def test_a_text_sitemap_is_read() -> None:
    reading = read_map("https://news.example/a\r\n\r\n# no address\nhttps://news.example/b  \n")
    assert [entry.url for entry in reading.entries] == ["https://news.example/a", "https://news.example/b"]
    assert reading.dialect == "urls"


def test_entities_are_neither_fetched_nor_multiplied() -> None:
    head = '<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY l0 "ha">'
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    url = "<url><loc>https://news.example/a</loc><news:title>&x; &l11;</news:title></url>"
    body = f"{head}{levels}]><urlset>{url}</urlset>"
    assert len(str(read_map(body))) < 2_000


def test_an_element_whose_name_is_only_a_prefix_is_passed_over() -> None:
    assert len(read_map("<urlset><url><news:/><loc>https://news.example/a</loc></url></urlset>").entries) == 1
