from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import values
from crawler.config.slug import source_id
from tests.crawler.config.makers import base, loaded

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.nhk.or.jp/rss/news/cat6.xml", "nhk-news-cat6"),
        ("https://www.mofa.go.jp/rss/news.xml", "mofa-news"),
        ("https://rss.nytimes.com/services/xml/rss/nyt/World.xml", "nytimes-services-nyt-world"),
        ("https://asia.nikkei.com/rss/feed/nar", "asia-nikkei-nar"),
        ("https://www.gov.uk/search/news.atom?organisations[]=mod", "gov-search-news-organisations-mod"),
        ("https://example.org/", "example"),
        ("https://feed.org/feed", "feed"),
        ("http://127.0.0.1:8000/a/feed.xml", "127-0-0-1-8000-a"),
        ("http://localhost/x", "localhost-x"),
        ("https://www.lemonde.fr/asie-pacifique/rss_full.xml", "lemonde-asie-pacifique-rss-full"),
        ("https://www.elysee.fr/actualit%C3%A9s/feed", "elysee-actualites"),
        ("https://feeds.example.co.uk/?cat=3", "example-cat-3"),
    ],
)
def test_ids_are_made_from_host_and_path(url: str, expected: str) -> None:
    assert source_id(url) == expected


@given(st.text(st.characters(exclude_categories=["Z", "C"])), st.text(st.characters(exclude_categories=["Z", "C"])))
def test_every_made_id_is_an_id(host: str, path: str) -> None:
    try:
        url = values.address(f"https://{host}/{path}")
    except values.Unusable:
        return
    assert values.identifier(source_id(url)) == source_id(url)


def test_a_host_without_one_latin_letter_still_gets_an_id() -> None:
    assert source_id("https://例え.テスト/フィード").startswith("source-")


SAME = [f"https://www.example.org/{folder}/news.xml" for folder in ("rss", "feed", "atom")]


def ids(folder: Path, sources: list[object]) -> dict[str, str]:
    return {source.url: source.id for source in loaded(folder, base() | {"sources": sources}).sources}


def test_ids_that_would_be_the_same_are_counted(tmp_path: Path) -> None:
    assert sorted(ids(tmp_path, [*SAME]).values()) == ["example-news", "example-news-2", "example-news-3"]


def test_a_made_id_does_not_depend_on_the_order_of_the_file(tmp_path: Path) -> None:
    urls: list[object] = [*SAME, "https://www.nhk.or.jp/rss/news/cat6.xml"]
    shuffled = Random(7).sample(urls, len(urls))
    assert shuffled != urls
    assert ids(tmp_path, shuffled) == ids(tmp_path, urls)


def test_a_written_id_comes_before_a_made_one(tmp_path: Path) -> None:
    written = {"id": "example-news", "url": "https://zzz.example/"}
    assert ids(tmp_path, [SAME[0], written])[SAME[0]] == "example-news-2"


def test_addresses_that_differ_in_path_query_scheme_or_port_are_different_sources(tmp_path: Path) -> None:
    urls = ["https://e.org/a", "https://e.org/A", "https://e.org/a?x", "http://e.org/a", "https://e.org:444/a"]
    assert len(ids(tmp_path, [*urls])) == len(urls)
