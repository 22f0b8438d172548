"""What rules are tried on: a text, a file, a story of the store, or what an address publishes now."""

from __future__ import annotations

import asyncio
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from alerts.errors import StoreError
from crawler.ids import STORY_LENGTH, decode, encode
from crawler.nearest import nearest
from spiders.clean import TEXT_LIMIT, TITLE_LIMIT, cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.rules.ruleset import Rule
    from alerts.story import Story
    from crawler.config.model import Config

_LONGEST_NAME = 255  # of a file
_SUFFIXES = frozenset({".txt", ".text", ".md", ".htm", ".html", ".xml", ".rss", ".atom", ".json", ".eml"})
_MOST_BYTES = 8 * (TITLE_LIMIT + TEXT_LIMIT)  # of a file: more than the longest story takes


def known_rule(config: Config, wanted: str) -> Rule:
    """Return a rule by its id; raises click.UsageError with the nearest one."""
    rules = {rule.id: rule for rule in config.rules.rules}
    if wanted in rules:
        return rules[wanted]
    raise click.UsageError(f"there is no rule called {wanted}: {nearest(wanted, rules, 'tocsin rules list')}")


def stories_of(config: Config, subject: str, source: str | None, *, fetch: bool = False) -> Sequence[Story]:
    """Return the stories that a user means by ``subject``.

    An http(s) address is that of a story in the store, if there is one and ``fetch`` is not asked for; else it is
    visited once, be it a feed's or an article's; ``-`` is standard input; then come the name
    of a file, the id of a story in the store, and last a text. ``source`` is the id or host that a text is said to
    come from. Raises FetchError, StoreError or click.UsageError when the story cannot be had.
    """
    if subject.startswith(("http://", "https://")):
        kept = None if fetch else kept_at(config, subject)
        return [kept] if kept else _published(config, subject)
    if subject == "-":
        return [_written(config, _decoded(sys.stdin.buffer.read(_MOST_BYTES)), source)]
    if (path := _named_file(subject)) is not None:
        with path.open("rb") as file:
            return [_written(config, _decoded(file.read(_MOST_BYTES)), source)]
    if stored := _stored(config, subject):
        return [stored]
    return [_written(config, subject, source)]


def _named_file(subject: str) -> Path | None:
    """Return the file that a user means, None for what is no name; raises click.UsageError for one that is not there.

    A text may end like the name of a file, or have a slash; only then is it refused, with the way to try it.
    """
    if "\n" in subject or len(subject) > _LONGEST_NAME:
        return None
    path = Path(subject)
    if path.is_file():
        return path
    in_folder = "/" in subject and " " not in subject and path.parent.is_dir()
    if in_folder or path.suffix.lower() in _SUFFIXES:
        raise click.UsageError(f"there is no file {subject}; if that is a text, pipe it in and write - in its place")
    return None


def _published(config: Config, url: str) -> Sequence[Story]:
    from crawler.cli.try_article import found_at

    return found_at(config, url).stories


def kept_at(config: Config, url: str) -> Story | None:
    """Return the newest story of the store at an address, and say that it is from there; None when there is none."""
    from crawler.cli.search import local
    from crawler.cli.stories_show import numbers_of

    try:
        numbers = numbers_of(config, url)
        story = asyncio.run(_from_store(config.store, numbers[0])) if numbers else None
    except StoreError:  # there is none, or it cannot be read: the address can be
        return None
    if story is not None:
        seen = local(story.seen, config.timezone)
        click.echo(f"From the store: {encode(story.id)}, seen {seen}; --fetch reads the address anew.", err=True)
    return story


def _stored(config: Config, subject: str) -> Story | None:
    """Return the story that an id names; None for what is no id. Ids begin with a digit, being 63 bits."""
    if len(subject) != STORY_LENGTH or not subject[0].isdecimal():
        return None
    try:
        number = decode(subject)
    except ValueError:
        return None
    story = asyncio.run(_from_store(config.store, number))
    if story is None:
        raise click.UsageError(f"there is no story {subject} in the store")
    return story


async def _from_store(url: str, story: int) -> Story | None:
    from crawler.clock import SystemClock
    from crawler.store import Store

    store = Store.open(url, clock=SystemClock(), exclusive=False)
    try:
        return await store.story(story)
    finally:
        await store.close()


def _written(config: Config, text: str, source: str | None) -> Story:
    """Return the story that a text tells: the first line is its title when an empty line follows.

    It is cut to the length that stories of a source have; raises click.UsageError when it says nothing.
    """
    from alerts.language import identify
    from alerts.story import Outlet, Story
    from crawler.clock import SystemClock
    from crawler.config.strangers import watched

    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if not text:
        raise click.UsageError("there is no text: write one, or name a file, a story or an address")
    first, blank, rest = text.partition("\n\n")
    title, body = (first, rest.strip()) if blank and "\n" not in first else ("", text)
    title, body = _cut(title, TITLE_LIMIT, "title"), _cut(body, TEXT_LIMIT, "text")
    sources = watched(config.sources)
    known = sources.outlet(source) if source else None
    said = sources.languages.get(known.id) if known else None
    host = (source or "").lower().removeprefix("www.")
    return Story(
        id=0,
        outlet=known or Outlet(id=source or "text", name=source or "text", host=host),
        url=None,
        title=title,
        text=body,
        language=identify(title, body, said)[0],
        seen=SystemClock().now(),
    )


def _cut(text: str, limit: int, what: str) -> str:
    """Cut a text as those of sources are cut, and say so."""
    if len(text) > limit:
        click.echo(f"The {what} is cut to its first {limit:,} characters, as those of sources are.", err=True)
    return cut(text, limit)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8-sig", "replace")
