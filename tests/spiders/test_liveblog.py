import json
from datetime import UTC, datetime
from typing import Any

import pytest

from spiders import facts
from spiders.article import extract
from spiders.liveblog import Post, posts_of
from spiders.markup import tree_of
from tests.spiders.made import document, source

URL = "https://news.example/live/ferries"


def blog(*updates: Any, **values: Any) -> str:
    item = {"@type": "LiveBlogPosting", "headline": "Ferries: live", "liveBlogUpdate": list(updates)} | values
    script = f'<script type="application/ld+json">{json.dumps(item)}</script>'
    return f"<!doctype html><html><head>{script}</head><body><h1>Ferries: live</h1><p>Live</p></body></html>"


def read(*updates: Any) -> tuple[Post, ...]:
    page = document(blog(*updates), url=URL)
    return posts_of(facts.Page.of(tree_of(page), page), source())


def update(**values: Any) -> dict[str, Any]:
    return {"@type": "BlogPosting", "headline": "Pact", "articleBody": "<p>The towns agree.</p>"} | values


def test_every_post_is_a_story_of_its_own() -> None:
    posts = read(
        update(url=f"{URL}#post-7", datePublished="2026-11-24T09:30:00+01:00"),
        update(url=f"{URL}#post-6", headline="", articleBody="One.\n\nTwo &amp; three."),
    )
    assert posts == (
        Post(id="post-7", title="Pact", text="The towns agree.", published=datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
        Post(id="post-6", title="", text="One.\n\nTwo & three."),
    )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"@id": "#p1"}, "p1"),
        ({"@id": "urn:post:1"}, "urn:post:1"),
        ({"identifier": {"@type": "PropertyValue", "@value": "42"}}, "42"),
        ({"@id": "https://[::1", "url": f"{URL}#p2"}, "p2"),
    ],
)
def test_a_post_is_called_what_the_page_calls_it(values: dict[str, Any], name: str) -> None:
    assert [post.id for post in read(update(**values))] == [name]


def test_a_post_without_a_name_keeps_its_id_while_its_text_is_edited() -> None:
    time = "2026-11-24T08:30:00Z"
    (before,) = read(update(url=URL, datePublished=time))
    (after,) = read(update(url=URL, datePublished=time, articleBody="The towns agree at last."))
    (other,) = read(update(url=URL, datePublished="2026-11-24T08:31:00Z"))
    assert before.id == after.id != other.id
    long = read(update(url=f"{URL}#{'x' * 300}"))
    assert len(long[0].id) < 100


def test_posts_that_say_nothing_or_come_twice_are_left_out() -> None:
    assert read(update(headline="", articleBody=""), "x", None) == ()
    assert len(read(update(url=f"{URL}#a"), update(url=f"{URL}#a"), update(url=f"{URL}#b"))) == 2


def test_a_page_of_posts_alone_is_an_article_whose_text_is_none_of_them() -> None:
    body = "The towns agree on a timetable for the ferries, their mayors said. " * 20
    article = extract(document(blog(update(url=f"{URL}#a", articleBody=body)), url=URL), source())
    assert [post.id for post in article.posts] == ["a"]
    assert article.title == "Ferries: live"
    assert body.strip() not in article.text
