"""Documents and sources for the readers' tests."""

from datetime import UTC, datetime
from typing import Any

from spiders.reading import Document
from spiders.source import Source

FETCHED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ADDRESS = "https://news.example/section/"


def document(body: str | bytes, *, url: str = ADDRESS, content_type: str = "", max_body: int = 5_000_000) -> Document:
    data = body.encode() if isinstance(body, str) else body
    return Document(url=url, body=data, content_type=content_type, fetched=FETCHED, max_body=max_body)


def source(kind: str = "auto", **known: Any) -> Source:
    return Source(id="example", url=ADDRESS, name="Example", kind=kind, **known)


def stories(*titles: str, head: str = "", around: str = "{}") -> str:
    """Return a section page that lists stories by these titles."""
    blocks = "".join(
        f'<article class="card"><a href="/news/{number}-on-the-new-pact"><img src="/{number}.jpg"></a>'
        f'<h2 class="headline"><a href="/news/{number}-on-the-new-pact?utm_source=list">{title}</a></h2>'
        f'<time datetime="2026-11-24T0{number}:00:00Z">today</time></article>'
        for number, title in enumerate(titles)
    )
    return (
        f'<!doctype html><html lang="en"><head><title>World</title>{head}</head><body>'
        '<nav><a href="/about/the-long-history-of-our-house">The long history of our house</a></nav>'
        + around.format(f"<main>{blocks}</main>")
        + '<footer><a href="/2020/01/terms-of-use-and-more">Terms of use and more of it</a></footer></body></html>'
    )
