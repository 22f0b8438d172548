from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.fetch.answers import freshness, refused
from spiders.base import Page
from tests.crawler.crawling import world
from tests.fakes import NOON
from tests.server import rss

URL = "https://news.example/feed"
HTTP_NOON = "Mon, 02 Nov 2026 12:00:00 GMT"
HTTP_ONE = "Mon, 02 Nov 2026 13:00:00 GMT"


def page(status: int = 200, body: bytes = b"", **headers: str) -> Page:
    named = {name.replace("_", "-").encode(): value.encode("latin-1", "replace") for name, value in headers.items()}
    return Page(url=URL, status=status, headers=named, body=body)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache_control": "public"}, None),
        ({"cache_control": "max-age=600"}, 600),
        ({"cache_control": "public, MAX-AGE=600, s-maxage=9"}, 600),
        ({"cache_control": "s-maxage=9"}, None),
        ({"cache_control": 'max-age="600"'}, 600),
        ({"cache_control": "max-age=600", "age": "200"}, 400),
        ({"cache_control": "max-age=600", "age": "900"}, 0),
        ({"cache_control": "max-age=600", "age": "old"}, 600),
        ({"cache_control": "max-age=600", "expires": HTTP_ONE}, 600),
        ({"cache_control": "no-cache, max-age=600"}, 0),
        ({"cache_control": "no-store"}, 0),
        ({"cache_control": 'no-cache="Set-Cookie", max-age=600'}, 600),
        ({"expires": HTTP_ONE, "date": HTTP_NOON}, 3600),
        ({"expires": HTTP_ONE}, 3600),
        ({"expires": HTTP_ONE, "date": "soon"}, 3600),
        ({"expires": HTTP_NOON, "date": HTTP_ONE}, 0),
        ({"expires": "0"}, 0),
        ({"expires": "-1"}, 0),
    ],
)
def test_how_long_an_answer_stays_fresh(headers: dict[str, Any], seconds: int | None) -> None:
    assert freshness(page(**headers), NOON) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=40))
def test_any_head_gives_a_span_or_nothing(control: str, age: str, expires: str) -> None:
    found = freshness(page(cache_control=control, age=age, expires=expires, date=expires), NOON)
    assert found is None or found >= timedelta(0)


def test_a_refusal_says_how_long_to_wait() -> None:
    error = refused(page(503, retry_after="120"), URL, NOON)
    assert (error.reason, error.status, error.retry_after) == ("http-503", 503, timedelta(minutes=2))
    assert refused(page(403, cf_mitigated="challenge"), URL, NOON).reason == "cloudflare"
    assert refused(page(410), URL, NOON).reason == "gone"


async def test_an_unconditional_visit_sends_no_validators_and_finds_what_a_304_would_have_hidden() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"), validators=False, headers=[("ETag", '"same"')])
        first = await here.visit("/feed")
        again = await here.visit("/feed", first.validators, unconditional=True)
        assert (again.reason, again.validators) == ("same-body", first.validators)
        here.web.publish("/feed", rss("One", "Two"), validators=False, headers=[("ETag", '"same"')])
        caught = await here.visit("/feed", first.validators, unconditional=True)
        assert (caught.reason, caught.validators.etag) == ("200", '"same"')
        assert not {"if-none-match", "if-modified-since"} & here.web.journal[-1].headers.keys()


async def test_how_long_nothing_will_change_comes_with_every_answer() -> None:
    async with world() as here:
        here.web.publish("/feed", rss("One"), headers=[("Cache-Control", "max-age=300")])
        first = await here.visit("/feed")
        assert first.fresh_for == timedelta(minutes=5)
        assert (await here.visit("/feed", first.validators)).fresh_for == timedelta(minutes=5)
