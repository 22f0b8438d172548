"""What digests, summaries and storms say, laid out as bulletins."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alerts.bulletin import Bar, Bulletin, Item, Part, Topic, item, tidied
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from alerts.routing.digest import Digest, HeldRow, Line
    from alerts.routing.digest import Part as Found
    from alerts.routing.storm import Storm

SHOWN = 5  # stories under one heading of a first page
PAGE = 25  # stories on each further page, or fewer, so that they take no more than …
PAGE_SIZE = 7000  # … characters, each story counted with …
_ITEM_FRAME = 160  # … what Slack's JSON adds to it, and each heading with …
_PART_FRAME = 260  # … what it adds to that
_TABLE = 10  # rules that a storm's message counts
_FEWEST_BARS = 2
_BARS = 12  # rules that a chart shows one by one
_BAR_FRAME = 90  # characters that a bar takes, at most


def of_digest(digest: Digest, channel: str, zone: tzinfo) -> tuple[Bulletin, ...]:
    """Return a digest's first page, and the further ones that belong in its thread: together they name every story."""
    since, until = (moment.astimezone(zone) for moment in (digest.since, digest.until))
    rules = f"{len(digest.parts)} rule{'s' * (len(digest.parts) != 1)}"
    stories = "1 story" if digest.stories == 1 else f"{digest.stories} stories"
    found = f"{stories} by {rules}" if digest.stories else "no story by any rule"
    listed = [(f"{part.name}: {part.says}", (*part.top, *part.more)) for part in digest.parts]
    listed += [(f"Held back: {'; '.join(one.says[:2])}", tuple(row.line for row in one.rows)) for one in digest.held]
    chart = _chart(digest.parts)
    parts, further = _opening(listed, PAGE_SIZE - len(chart) * _BAR_FRAME)
    first = Bulletin(
        channel=channel,
        topic=Topic.DIGEST,
        title=f"{digest.name} digest of {digest.day:%Y-%m-%d}",
        lead=f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} ({zone}): {found}",
        parts=parts,
        chart=chart,
        foot=f"nothing by {', '.join(digest.idle)}, which usually find something" if digest.idle else "",
        subject=digest.name,
    )
    return (tidied(first), *_pages(first, further))


def of_held(rows: Sequence[HeldRow], channel: str, *, topic: Topic = Topic.SUMMARY) -> tuple[Bulletin, ...]:
    """Return a summary of what was held back from a channel, and the further pages of its thread."""
    says = [way for way, _ in Counter(row.says for row in rows).most_common()]
    severity = max(row.line.severity for row in rows)
    lines = [row.line for row in sorted(rows, key=lambda row: (-row.line.severity, row.line.story))]
    shown, *_ = _paged(lines)
    first = Bulletin(
        channel=channel,
        topic=topic,
        title=f"{len(rows)} stories together",
        severity=severity,
        lead="; ".join(says[:2]),
        parts=(Part(heading="", items=shown, more=len(lines) - len(shown)),),
    )
    return (tidied(first), *_pages(first, [("continued", lines[len(shown) :])]))


def of_storm(storm: Storm, rows: Sequence[tuple[str, Line]], channel: str, over: str | None = None) -> Bulletin:
    """Return what a storm's message says: how many by which rules, and the weightiest; ``over`` is why it ended."""
    counts = Counter(rule for rule, _ in rows).most_common()
    weightiest = sorted((line for _, line in rows), key=lambda line: (-line.severity, -line.others, -line.story))
    state = f"over: {over}" if over else "it goes on, and this message counts along"
    return tidied(
        Bulletin(
            channel=channel,
            topic=Topic.STORM,
            title=f"Storm: {len(storm.folded)} messages in one",
            severity=max((line.severity for line in weightiest), default=Severity.NOTICE),
            lead=f"{storm.why}; {state}",
            facts=tuple((rule, str(count)) for rule, count in counts[:_TABLE]),
            parts=(Part(heading="The weightiest", items=_items(weightiest[:SHOWN]), more=max(len(rows) - SHOWN, 0)),),
            foot="all are listed in the thread; critical ones stand by themselves",
            subject=storm.key,
        )
    )


def of_storm_pages(storm: Storm, rows: Sequence[tuple[str, Line]], channel: str, first: int) -> tuple[Bulletin, ...]:
    """Return the pages of a storm's thread that list these messages, the first of which is its ``first``-th."""
    pages, start = [], first
    for items in _paged([line for _, line in rows]):
        title = f"messages {start} to {start + len(items) - 1}"
        part = Part(heading="", items=items)
        page = Bulletin(channel=channel, topic=Topic.STORM, title=title, parts=(part,), subject=storm.key)
        pages.append(page)
        start += len(items)
    return tuple(pages)


def of_rest(lines: Sequence[Line], channel: str, first: int, says: str) -> tuple[Bulletin, ...]:
    """Return the pages of a summary's thread that list what its message does not name, from its ``first``-th on.

    ``says`` is what it is a summary of.
    """
    pages, start = [], first
    for items in _paged(lines):
        title = f"stories {start} to {start + len(items) - 1}" if len(items) > 1 else f"story {start}"
        part = Part(heading="", items=items)
        pages.append(tidied(Bulletin(channel=channel, topic=Topic.SUMMARY, title=title, lead=says, parts=(part,))))
        start += len(items)
    return tuple(pages)


def _items(lines: Iterable[Line]) -> tuple[Item, ...]:
    return tuple(
        item(line.title, line.url, f"{line.outlet} +{line.others}" if line.others else line.outlet) for line in lines
    )


def _chart(found: Sequence[Found]) -> tuple[Bar, ...]:
    """Return a bar for each rule, in the order of the headings; one alone would be no chart."""
    if len(found) < _FEWEST_BARS:
        return ()
    shown = found if len(found) <= _BARS else found[: _BARS - 1]
    bars = [Bar(part.name, part.count, part.usual) for part in shown]
    if rest := found[len(shown) :]:
        bars.append(Bar(f"{len(rest)} more rules", sum(part.count for part in rest)))
    return tuple(bars)


def _opening(
    listed: Iterable[tuple[str, Sequence[Line]]], room: int
) -> tuple[tuple[Part, ...], list[tuple[str, Sequence[Line]]]]:
    """Return the parts of a first page, which surely shows them, and what is left for others, with its headings.

    ``room`` is for so many characters.
    """
    parts: list[Part] = []
    further: list[tuple[str, Sequence[Line]]] = []
    for heading, lines in listed:
        room -= len(heading) + _PART_FRAME
        shown: list[Item] = []
        for one in _items(lines[:SHOWN]):
            if (cost := _cost(one)) > room:
                break
            shown.append(one)
            room -= cost
        parts.append(Part(heading=heading, items=tuple(shown), more=len(lines) - len(shown)))
        further += [(f"{heading}, continued", lines[len(shown) :])] if len(shown) < len(lines) else []
    return tuple(parts), further


def _cost(one: Item) -> int:
    return len(one.text) + len(one.link or "") + len(one.host or "") + len(one.remark) + _ITEM_FRAME


def _paged(lines: Sequence[Line]) -> Iterator[tuple[Item, ...]]:
    """Yield so many lines at a time that a page surely shows each of them."""
    page: list[Item] = []
    room = PAGE_SIZE
    for one in _items(lines):
        if page and (_cost(one) > room or len(page) == PAGE):
            yield tuple(page)
            page, room = [], PAGE_SIZE
        page.append(one)
        room -= _cost(one)
    if page:
        yield tuple(page)


def _pages(first: Bulletin, further: Iterable[tuple[str, Sequence[Line]]]) -> tuple[Bulletin, ...]:
    """Return the pages that follow a first one."""
    return tuple(
        tidied(
            Bulletin(
                channel=first.channel,
                topic=first.topic,
                title=f"{first.title}, page {number}",
                severity=first.severity,
                parts=parts,
                subject=first.subject,
            )
        )
        for number, parts in enumerate(_packed(further), 2)
    )


def _packed(further: Iterable[tuple[str, Sequence[Line]]]) -> Iterator[tuple[Part, ...]]:
    """Yield the parts of one page after the other, several headings on each as far as it surely shows them."""
    page: list[Part] = []
    lines, room = PAGE, PAGE_SIZE
    for heading, listed in further:
        for items in _paged(listed):
            cost = len(heading) + _PART_FRAME + sum(map(_cost, items))
            if page and (cost > room or len(items) > lines):
                yield tuple(page)
                page, lines, room = [], PAGE, PAGE_SIZE
            page.append(Part(heading=heading, items=items))
            lines, room = lines - len(items), room - cost
    if page:
        yield tuple(page)
