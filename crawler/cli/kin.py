"""What people and programs are shown of copies and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.cli.common import shown
from crawler.cli.search import local
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from zoneinfo import ZoneInfo

    from rich.console import RenderableType
    from rich.table import Table

    from alerts.cluster.phase import Phase
    from crawler.store import Copies, Event, Kin, Told

STYLES = {"breaking": "b red", "developing": "b yellow", "sustained": "b cyan", "fading": "dim"}
NO_PHASE = "single"  # for the eye; programs get null
SHOWN = 12  # stories of a list

_LABEL = 10  # columns, as in `tocsin status`
_INDENT = 2  # of lists
_OUTLET = 16
_YEAR = 5  # characters of a date that say which: stories that belong together are never so far apart


def phase_name(phase: Phase | None) -> str:
    """Return the word for a phase; a single fresh story has none yet."""
    return phase.value if phase else NO_PHASE


def counted(number: int, one: str, many: str) -> str:
    """Write a number of things."""
    return f"{number} {one if number == 1 else many}"


def kin_lines(kin: Kin, zone: ZoneInfo, *, lists: bool) -> Iterator[RenderableType]:
    """Say which copies a story has, who leads, and what event it tells of, for people; with ``lists`` name all."""
    yield from _copy_lines(kin)
    if lists and len(kin.copies.stories) > 1:
        yield _list([(one, "", _numbers(one)) for one in kin.copies.stories], kin.story.member.story, zone)
        yield from _more(len(kin.copies.stories))
    if kin.event is None:
        yield _labelled("event", "not looked for: it was backlog, or came before events were kept")
        return
    yield from _event_lines(kin, kin.event)
    if lists:
        yield from _event_list(kin, kin.event, zone)


def why_copy(story: Told) -> str:
    """Say by which numbers a story belongs to its group; "" for one that is a copy of none."""
    if story.group_why:
        return story.group_why
    is_first = story.group == story.member.story
    return "" if is_first else f"a copy of {encode(story.group)}; by which numbers was not kept"


def kin_facts(kin: Kin | None) -> dict[str, object]:
    """Return the same for programs; of no stored story there is none."""
    if kin is None:
        return {"copies": None, "event": None}
    event = kin.event
    return {
        "copies": copies_facts(kin.copies),
        "event": None
        if event is None
        else event_facts(event)
        | {
            "why": kin.story.event_why or None,
            "stories": [story_facts(one) for one in _by_time(event)],
        },
    }


def copies_facts(copies: Copies) -> dict[str, object]:
    """Return a text and the stories that have it."""
    return {
        "lead": encode(copies.lead.member.story),
        "lead_why": copies.reason,
        "outlets": copies.outlets,
        "stories": [story_facts(one) for one in copies.stories],
    }


def event_facts(event: Event) -> dict[str, object]:
    """Return an event without its stories."""
    return {
        "id": encode(event.id),
        "phase": event.standing.phase,
        "phase_why": event.standing.reason,
        "number": event.stories,
        "texts": len(event.texts),
        "independent": event.independent,
        "outdated_scheme": event.outdated,
    }


def story_facts(story: Told) -> dict[str, object]:
    """Return one story among others."""
    return {
        "story": encode(story.member.story),
        "source": story.source,
        "outlet": story.member.outlet,
        "owner": story.member.owner,
        "title": story.title,
        "url": story.url,
        "language": story.language,
        "published": story.published,
        "seen": story.member.seen,
        "copy_why": why_copy(story) or None,
    }


def _copy_lines(kin: Kin) -> Iterator[RenderableType]:
    copies, own = kin.copies, kin.story.member.story
    why = why_copy(kin.story)
    if len(copies.stories) == 1:
        yield _labelled("copies", f"{why}, which is a copy of others by now" if why else "none is known")
        return
    yield _labelled("copies", why or "it is the first of its text")
    leads = "this story leads" if copies.lead.member.story == own else f"{shown(copies.lead.member.outlet)} leads"
    stories = counted(len(copies.stories), "story", "stories")
    outlets = counted(copies.outlets, "outlet", "outlets")
    yield _labelled("", f"{leads} ({copies.reason}); {stories} at {outlets} have this text and count as one source")


def _event_lines(kin: Kin, event: Event) -> Iterator[RenderableType]:
    from rich.text import Text

    phase = event.standing.phase
    yield _labelled("event", Text(phase_name(phase), STYLES.get(phase or "", "")) + Text(f": {event.standing.reason}"))
    if event.stories > 1:
        sources = counted(event.independent, "independent source", "independent sources")
        yield _labelled("", f"{event.stories} stories, {counted(len(event.texts), 'text', 'texts')}, {sources}")
    yield _labelled("", f"this story: {kin.story.event_why or 'why it belongs here was not kept'}")
    if event.outdated:
        yield _labelled("", f"found by an older way of comparing ({event.outdated}): no story joins it any more")


def _event_list(kin: Kin, event: Event, zone: ZoneInfo) -> Iterator[RenderableType]:
    texts = [(one.lead, f"+{len(one.stories) - 1}" if len(one.stories) > 1 else "", "") for one in event.texts]
    mine = next((one.lead.member.story for one in event.texts if kin.story in one.stories), kin.story.member.story)
    yield _list(sorted(texts, key=lambda row: row[0].member.seen), mine, zone)
    yield from _more(len(texts))


def _by_time(event: Event) -> list[Told]:
    stories = [one for text in event.texts for one in text.stories]
    return sorted(stories, key=lambda one: (one.member.seen, one.member.story))


def _labelled(label: str, text: RenderableType) -> Table:
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid()
    grid.add_column(width=_LABEL)
    grid.add_column(overflow="fold")
    grid.add_row(Text(label, "bold"), Text(shown(text)) if isinstance(text, str) else text)
    return grid


def _numbers(story: Told) -> str:
    """Return the reason why a story is a copy, without whose."""
    return why_copy(story).partition(": ")[2]


def _list(stories: Sequence[tuple[Told, str, str]], own: int, zone: ZoneInfo) -> RenderableType:
    """List the first few stories, each with a remark after its title and one below it; ``own`` is explained."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=_OUTLET)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    for one, remark, below in stories[:SHOWN]:
        is_own = one.member.story == own
        table.add_row(
            Text(local(one.member.seen, zone)[_YEAR:], "dim"),
            Text(shown(one.member.outlet), "cyan"),
            Text(shown(one.title), "bold" if is_own else "") + Text(f"\n{below}" if below else "", "not bold dim"),
            Text(remark, "dim"),
            Text(encode(one.member.story), "dim"),
        )
    return Padding(table, (0, 0, 0, _INDENT))


def _more(number: int) -> Iterator[RenderableType]:
    if number > SHOWN:
        yield _labelled("", f"… and {number - SHOWN} more: --json has all")
