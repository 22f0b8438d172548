import contextlib
import json
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.errors import FetchError
from alerts.story import DateNote
from spiders.article import Article, extract, says_it_is_one
from spiders.cuts import Why
from spiders.dating import Precision
from spiders.source import Selectors
from tests.spiders.made import document, source

URL = "https://news.example/world/ministers-sign-a-pact"
SENTENCE = "The ministers of both countries signed a pact on critical minerals in the capital on Tuesday morning. "
PARAGRAPHS = [
    f"{SENTENCE}Part {number} of the agreement names {number + 3} metals and their uses." for number in range(6)
]
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page(*, head: str = "", title: str = "Ministers sign a pact", body: str = BODY, lang: str = "en") -> str:
    return (
        f'<!doctype html><html lang="{lang}"><head><title>{title} | The Example</title>{head}</head><body>'
        f"<nav><a href='/'>Home</a><a href='/world'>World</a></nav><main><article><h1>{title}</h1>{body}</article>"
        "</main><aside><h3>Most read</h3><p><a href='/a'>Another story that has nothing to do with it</a></aside>"
        "<footer>Copyright The Example. All rights reserved. Cookie settings.</footer></body></html>"
    )


def told(**values: Any) -> str:
    item = {"@context": "https://schema.org", "@type": "NewsArticle"} | values
    return f'<script type="application/ld+json">{json.dumps(item)}</script>'


def read(text: str | bytes, *, url: str = URL, content_type: str = "text/html", **known: Any) -> Article:
    return extract(document(text, url=url, content_type=content_type), source(**known))


def why(text: str | bytes, **known: Any) -> str:
    with pytest.raises(FetchError) as caught:
        read(text, **known)
    return caught.value.reason


def test_an_article_is_found_without_the_furniture_around_it() -> None:
    article = read(page())
    assert article.title == "Ministers sign a pact"
    assert article.text == "\n\n".join(PARAGRAPHS)
    assert (article.method, article.language, article.canonical) == ("extraction", "en", URL)
    assert (article.published, article.date_note) == (None, DateNote.MISSING)
    assert not article.paywalled


def test_what_was_taken_out_is_recorded_with_its_sign() -> None:
    article = read(page(body=f"{BODY}<p>Read also: Another story</p>"))
    assert [(cut.why, cut.words) for cut in article.cuts] == [
        (Why.BESIDE, "HomeWorld"),
        (Why.BESIDE, "Most read Another story that has nothing to do with it"),
        (Why.BESIDE, "Copyright The Example. All rights reserved. Cookie settings."),
        (Why.READ_ALSO, "Read also: Another story"),
    ]
    assert article.notes == ("left out: 3 beside, 1 read-also",)


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("<meta property='og:type' content='article'>", True),
        (told(url=URL), True),
        (told(url="https://news.example/other"), False),
        ("<meta property='og:type' content='website'>", False),
    ],
)
def test_a_page_says_by_its_marks_that_it_is_an_article(head: str, says: bool) -> None:
    assert says_it_is_one(document(page(head=head), url=URL)) is says


def test_json_ld_says_who_when_and_where() -> None:
    article = read(
        page(
            head=told(
                headline="Ministers sign a pact",
                datePublished="2026-11-24T09:30:00+01:00",
                author=[{"@type": "Person", "name": "Jeanne Martin"}, {"name": "By Ann Lee"}, "https://news.example/x"],
                articleSection=["World", "Asia"],
                publisher={"@type": "Organization", "name": "The Example"},
                isAccessibleForFree="False",
            )
        )
    )
    assert article.published == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert article.authors == ("Jeanne Martin", "Ann Lee")
    assert (article.section, article.site_name, article.paywalled) == ("World", "The Example", True)
    assert article.notes == ("for paying readers only, says the page", "left out: 3 beside")


def test_a_page_drawn_by_script_is_read_from_json_ld() -> None:
    body = "\n\n".join(PARAGRAPHS)
    article = read(page(head=told(headline="Ministers sign", articleBody=body), body="<div id='app'></div>"))
    assert (article.text, article.method) == (body, "json-ld")


def test_the_body_of_json_ld_may_be_markup() -> None:
    article = read(page(head=told(articleBody=BODY), body=""))
    assert article.text == "\n\n".join(PARAGRAPHS)


def test_a_page_with_no_more_than_a_description_gives_that_and_says_so() -> None:
    article = read(page(head='<meta property="og:description" content="Both sides signed &amp; left.">', body=""))
    assert (article.text, article.method) == ("Both sides signed & left.", "description")


def test_the_user_s_selectors_come_first() -> None:
    body = "<h2 class='t'>Our <i>title</i></h2><time class='d' datetime='2026-11-24T10:00:00Z'>x</time>"
    body += "<div class='story'><p>One.</p><p>Two<br>three.</p><div class='story'><p>Four.</p></div></div>" + BODY
    article = read(page(body=body), article=Selectors(title="h2.t", body="div.story", date="time.d"))
    assert (article.title, article.text) == ("Our title", "One.\n\nTwo\nthree.\n\nFour.")
    assert article.published == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert (article.method, article.notes) == ("selectors", ())


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    body = f"<div class='story'><p>{'word ' * 25_000}</p></div>"
    article = read(page(body=body), article=Selectors(body="div.story"))
    assert len(article.text) <= 100_000
    assert article.notes == ("text cut to 100000 of 124999 characters",)


def test_a_selector_that_matches_nothing_is_noted_and_extraction_takes_its_place() -> None:
    article = read(page(), article=Selectors(title="h2.t", body="div.story", date="time"))
    assert (article.title, article.method) == ("Ministers sign a pact", "extraction")
    lost = (f"drift: article.{part} matches nothing" for part in ("title", "body", "date"))
    assert article.notes == (*lost, "left out: 3 beside")


def test_what_is_no_selector_is_named() -> None:
    assert why(page(), article=Selectors(title="h2[[")) == "bad-selector"


@pytest.mark.parametrize(
    ("charset", "declared"),
    [
        ("cp1252", "iso-8859-1"),
        ("utf-8", "iso-8859-1"),
        ("cp1251", "windows-1251"),
        ("shift_jis", "Shift_JIS"),
        ("gb18030", "gb2312"),
    ],
)
def test_every_charset_is_read(charset: str, declared: str) -> None:
    letters = {"cp1251": "подписан договор", "shift_jis": "協定に署名", "gb18030": "协定签署"}.get(
        charset, "œuvre signée"
    )
    text = page(head=f'<meta charset="{declared}">', title=f"Pact {letters}").encode(charset)
    assert read(text).title == f"Pact {letters}"


def test_a_byte_order_mark_is_believed() -> None:
    assert read(page(title="Œuvre signée à Paris").encode("utf-16")).title == "Œuvre signée à Paris"


def test_text_is_composed_and_its_length_bounded() -> None:
    article = read(page(title="E\u0301tat " + "x" * 2_000, body="<p>" + SENTENCE * 2_000))
    assert article.title.startswith("État")
    assert len(article.title) <= 1_000
    assert len(article.text) <= 100_000


def test_a_date_without_a_zone_needs_the_source_s_zone() -> None:
    head = told(datePublished="2026-11-24 10:00")
    assert (read(page(head=head)).published, read(page(head=head)).date_note) == (None, DateNote.ZONELESS)
    assumed = read(page(head=head), timezone=ZoneInfo("Asia/Tokyo"))
    assert (assumed.published, assumed.date_note) == (datetime(2026, 11, 24, 1, tzinfo=UTC), DateNote.ASSUMED_ZONE)


def test_a_date_says_how_exact_it_is_and_in_which_zone() -> None:
    article = read(page(head=told(datePublished="2026-11-24T09:30:00+01:00", dateModified="2026-11-24T10:00:00+01:00")))
    assert (article.published_day, article.precision) == (date(2026, 11, 24), Precision.MINUTE)
    assert article.offset == timedelta(hours=1)
    assert article.modified == datetime(2026, 11, 24, 9, tzinfo=UTC)
    day = read(page(head=told(datePublished="2026-11-24")))
    assert (day.published, day.published_day, day.precision) == (None, date(2026, 11, 24), Precision.DAY)


def test_a_copy_names_its_original_and_keeps_its_own_address() -> None:
    article = read(page(head='<link rel="canonical" href="https://wire.example/2026/pact-on-minerals-signed">'))
    assert article.canonical == URL
    assert article.origin_url == "https://wire.example/2026/pact-on-minerals-signed"


def test_an_amp_twin_is_known_by_the_page_that_it_names() -> None:
    twin = read(page(head=f'<link rel="canonical" href="{URL}">'), url=f"{URL}/amp")
    assert twin.canonical == URL


@pytest.mark.parametrize(
    ("sentences", "values", "truncated"),
    [
        (3, {"isAccessibleForFree": False}, True),
        (3, {"isAccessibleForFree": True}, False),
        (30, {"isAccessibleForFree": False}, False),
        (30, {"isAccessibleForFree": False, "wordCount": 2_000}, True),
        (3, {"isAccessibleForFree": False, "wordCount": 50}, False),
    ],
)
def test_the_beginning_of_a_paid_article_is_known_as_such(
    sentences: int, values: dict[str, Any], truncated: bool
) -> None:
    body = "".join(f"<p>{SENTENCE} It is number {number}.</p>" for number in range(sentences))
    assert read(page(head=told(**values), body=body)).truncated is truncated


def test_a_headline_with_a_kicker_is_not_repeated_in_the_text() -> None:
    body = f"<p>Minerals at last: Ministers sign a pact</p>{BODY}"
    assert read(page(body=body)).text == "\n\n".join(PARAGRAPHS)


def test_a_backlog_is_read_faster() -> None:
    assert extract(document(page(), url=URL), source(), fast=True).text == "\n\n".join(PARAGRAPHS)


HOSTILE = {
    "nested boxes": "<div>" * 5_000 + BODY,
    "nested inline": "<p>" + "<span>" * 20_000 + BODY,
    "nested lists": "<ul><li>" * 1_000 + BODY,
    "nulls": "\0" + BODY.replace("minerals", "min\0erals"),
    "attributes": "<div " + " ".join(f"a{number}" for number in range(20_000)) + ">" + BODY,
    "long names": f"<div class='{'related-' * 50_000}'>" + BODY,
    "more elements than extraction bears": BODY + "<p>x</p>" * 20_001,
    "links without end": BODY + "<a href='/a/b/c'>Some link text for you here</a> " * 20_001,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_pages_give_their_text(kind: str) -> None:
    assert PARAGRAPHS[0] in read(page(body=HOSTILE[kind])).text


TAGS = [
    "div",
    "p",
    "span",
    "a",
    "ul",
    "li",
    "table",
    "tr",
    "td",
    "h1",
    "h2",
    "article",
    "section",
    "aside",
    "form",
    "input",
    "figure",
    "figcaption",
    "script",
    "br",
    "b",
]
CLASSES = ("", "related", "most-read", "comments", "newsletter", "share", "x", "wp-caption", "sidebar")


@st.composite
def fragments(draw: st.DrawFn) -> str:
    """Return markup in which tags are opened and closed at random around sentences."""
    parts = []
    for _ in range(draw(st.integers(0, 40))):
        tag = draw(st.sampled_from(TAGS))
        attributes = f" class='{draw(st.sampled_from(CLASSES))}' href='{draw(st.sampled_from(('#', '/a', URL)))}'"
        kinds = (f"<{tag}{attributes}>", f"</{tag}>", SENTENCE, draw(st.text(max_size=8)))
        parts.append(draw(st.sampled_from(kinds)))
    return "".join(parts)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(fragments(), st.booleans())
def test_whatever_the_markup_the_answer_is_a_text_or_a_named_error(markup: str, fast: bool) -> None:
    with contextlib.suppress(FetchError):
        article = extract(document(f"<html><body>{markup}", url=URL), source(), fast=fast)
        assert article.text
        assert unicodedata.is_normalized("NFC", article.text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("<rss version='2.0'><channel/></rss>", "not-a-page"),
        ('{"error": 1}', "not-a-page"),
        ("Gateway timeout", "not-a-page"),
        (b"\x00\x01\x02\x03" * 20, "not-a-page"),
        ("<!doctype html><html><head><title>x</title></head><body><div id=root></div></body></html>", "no-text"),
        (page(body="", title=""), "no-text"),
    ],
)
def test_what_gives_no_article_is_named(text: str | bytes, reason: str) -> None:
    assert why(text) == reason
