"""``tocsin stories show``: one story of the store, whole, and what its versions changed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import click

from crawler.cli.common import config_option, json_option, load_config, print_json, shown
from crawler.cli.cut_words import counts_of
from crawler.cli.differences import Kind, paragraphs, unified
from crawler.cli.kin import copies_facts, counted, kin_lines
from crawler.cli.page_words import page_words, unwanted_in
from crawler.cli.search import local
from crawler.cli.stories import stories
from crawler.ids import STORY_LENGTH, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from rich.console import RenderableType
    from rich.text import Text

    from crawler.cli.differences import Piece
    from crawler.config.model import Config
    from crawler.store import Kin, PageStatus
    from crawler.store.history import Edition, History

__all__ = ["stories"]

_MARKS = {Kind.ADDED: ("{+", "+}"), Kind.REMOVED: ("[-", "-]")}
_STYLES = {Kind.KEPT: "", Kind.ADDED: "green", Kind.REMOVED: "red"}
_AROUND = 60  # characters of what stayed that are shown beside a change


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """All that a store has of one story's text."""

    id: int
    editions: Sequence[Edition]  # oldest first, one at least
    page: PageStatus | None
    kin: Kin | None
    unwanted: str = ""  # why there was no need of its page, if there was none
    others: Sequence[int] = ()  # further stories at the same address
    cuts: Mapping[str, int] = field(default_factory=dict)  # what was left out of its page, counted by sign


@stories.command("show")
@click.argument("story")
@config_option
@json_option
@click.option("--version", "number", type=click.IntRange(1), help="Show this version whole, in place of the newest.")
@click.option("--unified", "as_unified", is_flag=True, help="Show differences as diff does, a paragraph being a line.")
def show(story: str, config: str | None, number: int | None, *, as_json: bool, as_unified: bool) -> None:
    """Show the whole text of STORY as the store has it, and what each of its versions changed.

    STORY is the id of a story, which `tocsin stories` and `tocsin search` show, or its address. What became of its
    page is shown as well, how much was left out there by which sign, and which stories are its copies. In a difference,
    words that came stand in {+…+}, words that went in [-…-].
    """
    loaded = load_config(config)
    found = stored(loaded, story)
    if found is None:
        raise click.UsageError(f"there is no story {shown(story, 80)} in the store: {_WANTED}")
    chosen = next((one for one in found.editions if one.version == number), None) if number else found.editions[-1]
    if chosen is None:
        had = ", ".join(str(one.version) for one in found.editions)
        raise click.UsageError(f"there is no version {number} of it; there is {had}")
    if as_json:
        print_json(_facts(found))
        return
    _print(found, chosen, loaded.timezone, as_unified=as_unified)


_WANTED = f"write its id, which is {STORY_LENGTH} letters and digits, or its address"


def numbers_of(config: Config, wanted: str) -> Sequence[int]:
    """Return the numbers of the stories of that id or address, the newest first; raises StoreError."""
    from crawler.store.history import History

    history = History.open(config.store)
    try:
        return _numbers(history, wanted)
    finally:
        history.close()


def stored(config: Config, wanted: str) -> Stored | None:
    """Return what a store has of a story by its id or its address, None where it has none; raises StoreError."""
    from crawler.store.history import History

    history = History.open(config.store)
    try:
        found = _numbers(history, wanted)
        editions = history.editions(found[0]) if found else []
    finally:
        history.close()
    if not editions:
        return None
    return replace(asyncio.run(_asked(config, found[0], editions)), others=found[1:])


def _numbers(history: History, wanted: str) -> Sequence[int]:
    from crawler.intake.sift import address_key
    from spiders.urls import canonical

    if wanted.startswith(("http://", "https://")):
        spellings = {wanted, wanted.partition("#")[0], canonical(wanted) or wanted}
        return history.at_address(sorted(spellings), address_key(wanted))
    try:
        return [decode(wanted)] if len(wanted) == STORY_LENGTH else []
    except ValueError:
        return []


async def _asked(config: Config, story: int, editions: Sequence[Edition]) -> Stored:
    from crawler.clock import SystemClock
    from crawler.store import Store
    from crawler.store.leftovers import kept

    clock = SystemClock()
    store = Store.open(config.store, clock=clock, exclusive=False)
    try:
        return Stored(
            id=story,
            editions=editions,
            page=await store.page(story),
            kin=await store.kin(story, clock.now()),
            unwanted=await unwanted_in(store, config, story),
            cuts=counts_of(await store.read(partial(kept, story_id=story))),
        )
    finally:
        await store.close()


def _facts(found: Stored) -> dict[str, object]:
    return {
        "story": encode(found.id),
        "versions": [
            {
                "version": one.version,
                "at": one.at,
                "title": one.title,
                "url": one.url,
                "language": one.language,
                "authors": list(one.authors),
                "section": one.section,
                "text": one.text,
            }
            for one in found.editions
        ],
        "differences": [
            {"from": old.version, "to": new.version, "unified": _unified(old, new)}
            for old, new in pairwise(found.editions)
        ],
        "page": found.page,
        "left_out": dict(found.cuts),
        "copies": copies_facts(found.kin.copies) if found.kin else None,
        "at_the_same_address": [encode(one) for one in found.others],
    }


def _print(found: Stored, chosen: Edition, zone: ZoneInfo, *, as_unified: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in _head(found, chosen, zone):
        console.print(line)
    console.print()
    console.print(Text(lines_of(chosen.text) or "it has no text", "" if chosen.text else "dim"))
    for old, new in pairwise(found.editions):
        when = f"{local(old.at, zone)} → {local(new.at, zone)}"
        console.print()
        console.print(Text(f"version {old.version} → {new.version}", "bold") + Text(f"  {when}", "dim"))
        for part in _lines(_unified(old, new)) if as_unified else difference(old, new):
            console.print(part)


def _head(found: Stored, chosen: Edition, zone: ZoneInfo) -> Iterator[RenderableType]:
    from rich.text import Text

    from crawler.clock import SystemClock

    code = Text(f"  {encode(found.id)}", "dim")
    outlet = Text(shown(found.kin.story.member.outlet), "cyan") if found.kin else Text("")
    yield Text(f"{local(found.editions[0].at, zone)}  ", "dim") + outlet + code
    yield Text(shown(chosen.title) or "no title", "bold")
    yield Text(shown(chosen.url or "no address"), "dim")
    by = f" · {shown(', '.join(chosen.authors))}" if chosen.authors else ""
    number = f"version {chosen.version} of {len(found.editions)}"
    yield Text(f"{number} · {chosen.language or 'language unknown'} · {length(chosen.text)}{by}", "dim")
    name, text = page_words(found.page, SystemClock().now(), found.unwanted)
    yield Text(f"page {name}: ", "bold") + Text(shown(text), "not bold")
    if found.cuts:
        signs = ", ".join(f"{count} {sign}" for sign, count in found.cuts.items())
        yield Text("left out: ", "bold") + Text(f"{signs}; `tocsin why {encode(found.id)} --text` shows it", "not bold")
    if found.kin:
        yield from kin_lines(found.kin, zone, lists=False)
    if found.others:
        yield Text(f"also at this address: {', '.join(map(encode, found.others))}", "dim")


def length(text: str) -> str:
    """Say how long a text is."""
    from spiders.clean import length_of

    words = length_of(text)
    return f"{words:,} word{'s' * (words != 1)}, {counted(len(text), 'character', 'characters')}"


def lines_of(text: str) -> str:
    """Return a text from outside as a terminal may have it, its paragraphs parted by blank lines."""
    return "\n\n".join(shown(part) for part in text.split("\n\n"))


def difference(old: Edition, new: Edition) -> Iterator[Text]:
    """Yield what one version changed in the one before, for people: changed paragraphs, and how many stayed."""
    from rich.text import Text

    if old.title != new.title:
        yield Text("title  ", "dim") + _joined(next(paragraphs(old.title, new.title), ()))
        yield from (Text("title  ", "dim") + _joined(more) for more in list(paragraphs(old.title, new.title))[1:])
    for name in ("url", "language", "authors", "section"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Text(f"{name}  ", "dim") + Text(f"{shown(str(before))} → {shown(str(after))}")
    stayed = 0
    for pieces in paragraphs(old.text, new.text):
        if all(one.kind is Kind.KEPT for one in pieces):
            stayed += 1
            continue
        if stayed:
            yield _stayed(stayed)
        stayed = 0
        yield _joined(pieces)
    if stayed:
        yield _stayed(stayed)


def _stayed(number: int) -> Text:
    from rich.text import Text

    return Text(f"… {counted(number, 'paragraph', 'paragraphs')} as before", "dim")


def _joined(pieces: Sequence[Piece]) -> Text:
    from rich.text import Text

    line = Text()
    for number, one in enumerate(pieces):
        opening, closing = _MARKS.get(one.kind, ("", ""))
        text = shown(one.text)
        if one.kind is Kind.KEPT and len(pieces) > 1:
            text = _shortened(text, first=number == 0, last=number == len(pieces) - 1)
        line += Text(f"{opening}{text}{closing}", _STYLES[one.kind])
    return line


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """Return the part of what stayed that shows where a change is."""
    if first and len(text) > _AROUND:
        return f"…{text[-_AROUND:]}"
    if last and len(text) > _AROUND:
        return f"{text[:_AROUND]}…"
    return f"{text[:_AROUND]} … {text[-_AROUND:]}" if len(text) > 2 * _AROUND else text


def _unified(old: Edition, new: Edition) -> list[str]:
    names = {"old_name": f"version {old.version}", "new_name": f"version {new.version}"}
    return unified(f"{old.title}\n\n{old.text}", f"{new.title}\n\n{new.text}", **names)


def _lines(lines: Sequence[str]) -> Iterator[Text]:
    from rich.text import Text

    for line in lines:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        yield Text(shown(line), style)
