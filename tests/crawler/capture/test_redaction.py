from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.capture.exchange import Failure
from crawler.capture.redaction import IN_BODY, SHORTEST, Redactor
from crawler.config.credentials import HIDDEN, Secrets
from tests.crawler.capture.makers import exchange, occasion, page

SECRET = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=SHORTEST, max_size=20).filter(
    lambda text: text not in HIDDEN and text.strip() and not set(text) <= set("/:.?=&abcdefghijklmnopqrstuvwxyz")
)


@given(SECRET)
def test_a_known_secret_stands_nowhere_in_what_is_written(secret: str) -> None:
    body = f"<link>https://x.example/?a={quote_plus(secret)}</link>{secret}".encode()
    raw = exchange(
        url=f"https://wire.example/{quote(secret, safe='')}/feed?q={quote(secret)}",
        asked={"Accept-Language": secret, "X-Own": secret},
        page=page(body, x_echo=secret.encode("utf-8").decode("latin-1").encode("latin-1")),
        occasion=occasion(url=f"https://wire.example/?{secret}"),
        failure=Failure(reason="odd", detail=secret),
    )
    written = Redactor([secret]).exchange(raw)
    assert written.page is not None
    texts = (written.url, *(written.asked or {}).values(), written.page.body.decode(), written.failure.detail)  # type: ignore[union-attr]
    for text in (*texts, written.occasion.url):  # type: ignore[union-attr]
        assert secret not in text.replace(HIDDEN, "")
        assert quote(secret, safe="") not in text.replace(HIDDEN, "") or quote(secret, safe="") in HIDDEN


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/f?page=2&id=7", "https://a.example/f?page=2&id=7"),
        ("https://anna:hush@a.example/f", "https://a.example/f"),
        ("https://a.example/f?token=hush&page=2", f"https://a.example/f?token={HIDDEN}&page=2"),
        ("https://a.example/f?x=1&API_KEY=hush#top", f"https://a.example/f?x=1&API_KEY={HIDDEN}#top"),
        ("https://a.example/f?access-token=a;sig=b", f"https://a.example/f?access-token={HIDDEN};sig={HIDDEN}"),
        ("https://a.example/keys?monkey=1&keyword=2", "https://a.example/keys?monkey=1&keyword=2"),
        ("https://a.example/@user/feed", "https://a.example/@user/feed"),
    ],
)
def test_addresses_lose_their_credentials_and_nothing_else(url: str, kept: str) -> None:
    redactor = Redactor()
    assert redactor.url(url) == kept
    assert redactor.url(kept) == kept


def test_headers_that_may_be_secret_are_named_and_not_written() -> None:
    raw = exchange(
        asked={"User-Agent": "Tocsin", "Authorization": "Bearer hush", "X-Api-Key": "hush", "If-None-Match": '"1"'},
        page=page(set_cookie=b"sid=hush", etag=b'"1"', location=b"https://a.example/?token=hush", link=b"<a?key=hush>"),
    )
    written = Redactor().exchange(raw)
    assert written.asked == {"User-Agent": "Tocsin", "If-None-Match": '"1"'}
    assert written.withheld == ("Authorization", "X-Api-Key", "set-cookie")
    assert written.page is not None
    assert "hush" not in str(written.page.headers)
    assert written.page.header("etag") == '"1"'


def test_a_body_without_secrets_is_the_same_bytes() -> None:
    raw = exchange(page=page(b"\xff\x00 anything at all"))
    assert Redactor(["hush-hush", "abc"]).exchange(raw).page == raw.page


def test_a_short_value_is_not_looked_for() -> None:
    assert Redactor(["ja"]).text("japan") == "japan"


def test_a_value_that_is_secret_in_addresses_only_leaves_bodies_as_they_are() -> None:
    redactor = Redactor(Secrets(everywhere=frozenset({"hush"}), in_addresses=frozenset({"Gold"})))
    raw = exchange(
        url="https://wire.example/?site=Gold",
        page=page(b"Gold first story", location=b"https://wire.example/?site=Gold", x_echo=b"Gold hush"),
    )
    written = redactor.exchange(raw)
    assert written.url == f"https://wire.example/?site={HIDDEN}"
    assert written.page is not None
    assert written.page.body == b"Gold first story"
    assert written.page.header("location") == f"https://wire.example/?site={HIDDEN}"
    assert written.page.header("x-echo") == f"Gold {HIDDEN}"
    assert written.withheld == ()
    altered = redactor.exchange(exchange(asked=None, page=page(b"Gold hush")))
    assert altered.page is not None
    assert (altered.page.body, altered.withheld) == (f"Gold {HIDDEN}".encode(), (IN_BODY,))


def test_texts_of_people_lose_long_values_only_and_notes_what_their_addresses_hold() -> None:
    long = "a-long-long-secret"
    redactor = Redactor(Secrets(everywhere=frozenset({"hush", long}), in_addresses=frozenset({"Gold"})))
    said = f"Gold, hush, {long} (https://a.example/Gold?token=x)"
    assert redactor.prose(said) == f"Gold, hush, {HIDDEN} (https://a.example/Gold?token=x)"
    assert redactor.note(said) == f"Gold, {HIDDEN}, {HIDDEN} (https://a.example/{HIDDEN}?token={HIDDEN}"
