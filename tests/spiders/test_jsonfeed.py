import json
from typing import Any

import pytest

from alerts.errors import FetchError
from spiders.jsonfeed import found_in
from spiders.reading import Item

VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: Any, **changes: Any) -> bytes:
    return json.dumps({"version": VERSION, "title": "Wire", "items": items} | changes).encode()


def test_version_1_1_is_read() -> None:
    item = {
        "id": "7",
        "url": "https://news.example/7",
        "title": "Pact",
        "content_html": "<p>Long.</p>",
        "summary": "Short.",
        "date_published": "2026-11-24T10:00:00Z",
        "authors": [{"name": "Ann"}, {"url": "https://news.example/bob"}],
        "tags": ["defence", 7],
        "language": "en-GB",
    }
    found = found_in(feed(item, language="en"))
    assert (found.title, found.dialect, found.language) == ("Wire", "json11", "en")
    assert found.items[0] == Item(
        guid="7",
        link="https://news.example/7",
        title="Pact",
        texts=("<p>Long.</p>", "Short."),
        dates=("2026-11-24T10:00:00Z",),
        language="en-GB",
        authors=("Ann",),
        tags=("defence", "7"),
    )


def test_version_1_is_read_with_its_single_author_and_numeric_id() -> None:
    item = {"id": 7, "content_text": "Hello", "external_url": "https://other.example/", "author": {"name": "Ann"}}
    found = found_in(feed(item, version="https://jsonfeed.org/version/1"))
    assert found.dialect == "json10"
    assert found.items[0] == Item(guid="7", link="https://other.example/", texts=("Hello",), authors=("Ann",))


def test_a_bad_item_does_not_hide_the_others() -> None:
    found = found_in(feed("text", None, {"id": True, "title": ["x"], "tags": "x", "authors": {}}, {"id": "8"}))
    assert [item.guid for item in found.items] == [None, "8"]


@pytest.mark.parametrize("body", [b"{}", b'{"version": 1}', b'{"version": "2.0"}', b"{", b"[]", b'"x"', b"\xff\xfe{"])
def test_other_json_is_no_feed(body: bytes) -> None:
    with pytest.raises(FetchError, match="not-a-feed"):
        found_in(body)


def test_another_charset_is_understood() -> None:
    assert found_in(feed({"id": "1", "title": "p\u00e2te"}).decode().encode("utf-16")).items[0].title == "p\u00e2te"
