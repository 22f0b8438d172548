"""The posts of a live blog, as its page tells them in JSON-LD: each is a story of its own."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from spiders import clean, jsonld
from spiders.dates import when

if TYPE_CHECKING:
    from datetime import datetime

    from spiders.facts import Page
    from spiders.source import Source

_POSTS = 500
_ID_LIMIT = 200  # characters; a longer name is kept as its hash
_NAMES = ("@id", "url", "identifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One post of a live blog; the page's address with ``#`` and the id is its own."""

    id: str  # as the page names it, else a hash of its time and title: stable while the text is edited
    title: str
    text: str
    published: datetime | None = None


def posts_of(page: Page, source: Source) -> tuple[Post, ...]:
    """Return the page's live posts in the page's order, each once; those without words are left out."""
    found: dict[str, Post] = {}
    for item in page.objects:
        for update in jsonld.objects_in(item.get("liveBlogUpdate"))[:_POSTS]:
            post = _post(update, page, source)
            if post.title or post.text:
                found.setdefault(post.id, post)
    return tuple(found.values())[:_POSTS]


def _post(update: jsonld.Object, page: Page, source: Source) -> Post:
    title = clean.title_of(jsonld.text_of(update.get("headline") or update.get("name")))
    text = clean.text_of(jsonld.text_of(update.get("articleBody") or update.get("description")))
    raw = jsonld.text_of(update.get("datePublished") or update.get("dateCreated"))
    published, _ = when(raw, fetched=page.fetched, zone=source.timezone, country=source.country)
    return Post(
        id=_named(update) or _hash(raw, title or text),
        title=clean.cut(title, clean.TITLE_LIMIT),
        text=clean.cut(text, clean.TEXT_LIMIT),
        published=published,
    )


def _named(update: jsonld.Object) -> str:
    """Return what the page calls a post: the part of its address after ``#``, else all of a name that is no address."""
    for key in _NAMES:
        name = clean.title_of(jsonld.text_of(update.get(key)))
        try:
            parts = urlsplit(name)
        except ValueError:
            continue
        found = parts.fragment or ("" if parts.scheme in {"http", "https"} else name.lstrip("#"))
        if found:
            return found if len(found) <= _ID_LIMIT else _hash(found)
    return ""


def _hash(*texts: str) -> str:
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
