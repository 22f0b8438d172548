"""What messages say about Tocsin's own upkeep: the disk, copies, the canary, and the week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.bulletin import Bulletin, Item, Part, Topic, tidied
from alerts.health_cards import lasting
from alerts.story import Severity
from alerts.timing import Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta

    from alerts.timing import Figure, Promptness

BUSIEST = 10  # sources and rules that the week's report names
_HOUR, _MINUTE = 3_600, 60
_LABELS = {
    Stage.WHOLE: "Published to posted",
    Stage.SEEN: "Published to seen",
    Stage.MATCHED: "Seen to matched",
    Stage.POSTED: "Matched to posted",
}


def spoken(span: timedelta) -> str:
    """Return a span as people say it, to the second where it is short: ``0.4 s``, ``35 s``, ``2 min 5 s``, ``3 h``."""
    seconds = span.total_seconds()
    if seconds < 10:  # noqa: PLR2004  from here on tenths say nothing
        return f"{seconds:.1f} s"
    if seconds < 10 * _MINUTE:
        minutes, rest = divmod(round(seconds), _MINUTE)
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{round(seconds / _MINUTE)} min" if seconds < 2 * _HOUR else f"{round(seconds / _HOUR)} h"


def megabytes(size: int | None) -> str:
    """Return a size as people say it."""
    return "unknown" if size is None else f"{size / 1e6:,.0f} MB"


def _bulletin(
    channel: str,
    title: str,
    severity: Severity = Severity.NOTICE,
    *,
    lead: str = "",
    facts: Sequence[tuple[str, str]] = (),
    parts: Sequence[Part] = (),
    foot: str = "",
) -> Bulletin:
    made = Bulletin(
        channel=channel,
        topic=Topic.HEALTH,
        title=title,
        severity=severity,
        lead=lead,
        facts=tuple(facts),
        parts=tuple(parts),
        foot=foot,
    )
    return tidied(made)


# ---------------------------------------------------------------- disk and copies


def of_full_disk(channel: str, folder: str, free: int | None, floor: int) -> Bulletin:
    """Return what is said when the disk is too full to collect."""
    return _bulletin(
        channel,
        "Nothing is collected: the disk is nearly full",
        Severity.CRITICAL,
        lead="what was found is delivered still; sources are visited again as soon as there is space",
        facts=(("Folder", folder), ("Free", megabytes(free)), ("Needed", f"{megabytes(floor)} (disk.stop_below)")),
        foot="make space, or set a shorter `retention:`; tocsin doctor looks at the disk",
    )


def of_freed_disk(channel: str, free: int | None) -> Bulletin:
    """Return what is said when there is space again."""
    facts = (("Free", megabytes(free)),)
    return _bulletin(channel, "Sources are visited again: there is space on the disk", Severity.INFO, facts=facts)


def of_failed_copy(channel: str, detail: str) -> Bulletin:
    """Return what is said when the daily copy could not be made."""
    return _bulletin(
        channel,
        "The copy of the store could not be made",
        Severity.HIGH,
        lead="it is tried again in an hour",
        facts=(("Why", detail),),
        foot="tocsin backup makes one by hand",
    )


def of_made_copy(channel: str, path: str, size: int) -> Bulletin:
    """Return what is said when a copy was made after one that failed."""
    facts = (("Copy", path), ("Size", megabytes(size)))
    return _bulletin(channel, "The store is copied again", Severity.INFO, facts=facts)


# ---------------------------------------------------------------- the canary


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One story of our own that walked from fetch to the queue."""

    at: datetime
    token: str  # a word that only this beat has
    took: timedelta  # from the request until it was queued
    arrived: str = ""  # when the one before reached this message, in words; "": not known yet


def of_canary(channel: str, beat: Beat, when: str, every: timedelta) -> Bulletin:
    """Return what the canary's one message says."""
    return _bulletin(
        channel,
        "The canary sings",
        Severity.INFO,
        lead=f"every {lasting(every)} a story of our own is fetched, judged and sent here; this message is edited",
        facts=(
            ("Last story", f"{beat.token}, {when}"),
            ("From fetch to queue", spoken(beat.took)),
            *((("The one before", beat.arrived),) if beat.arrived else ()),
        ),
    )


def of_missed(channel: str, step: str, detail: str, since: str) -> Bulletin:
    """Return what is said when the canary's story did not arrive."""
    return _bulletin(
        channel,
        "The canary is silent: stories may not arrive",
        Severity.CRITICAL,
        lead="a story of our own did not get from its address to the ops channel",
        facts=(("Where it stopped", step), ("Why", detail or "unknown"), ("Last one that arrived", since)),
        foot="tocsin doctor; tocsin status",
    )


def of_return(channel: str, gap: str) -> Bulletin:
    """Return what is said when it arrives again."""
    return _bulletin(channel, "The canary sings again", Severity.INFO, facts=(("Silent for", gap),))


# ---------------------------------------------------------------- the week


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What the week brought."""

    stories: int
    sources: int
    failing: int
    messages: int  # sent
    dead: int
    canary_missed: int | None  # since the start; None: there is none
    promptness: Promptness


def of_week(channel: str, week: Week, names: Mapping[str, str]) -> Bulletin:
    """Return the week's report; ``names`` are those of sources."""
    prompt = week.promptness
    facts = [
        ("Sources", f"{week.sources}, of them failing now: {week.failing}"),
        ("Stories", f"{week.stories:,}"),
        ("Messages", f"{week.messages:,} sent, {week.dead} refused"),
    ]
    facts += [(label, _figure(prompt.overall[stage])) for stage, label in _LABELS.items() if stage in prompt.overall]
    if week.canary_missed is not None:
        facts.append(("Canary", f"{week.canary_missed} beats missed since the start"))
    return _bulletin(
        channel,
        "The week: time to alert",
        Severity.INFO,
        lead="how long it took from publication until people were told: half of all, and 95 of 100",
        facts=tuple(facts),
        parts=tuple(
            _part(heading, groups)
            for heading, groups in (
                ("By source", {names.get(name, name): of for name, of in prompt.sources.items()}),
                ("By rule", prompt.rules),
            )
            if groups
        ),
        foot="tocsin status --json has all of it",
    )


def _part(heading: str, groups: Mapping[str, Mapping[Stage, Figure]]) -> Part:
    lines: Sequence[Item] = [
        Item(text=name, remark=_figure(of[Stage.WHOLE]) if Stage.WHOLE in of else "no dates")
        for name, of in groups.items()
    ]
    return Part(heading=heading, items=tuple(lines[:BUSIEST]), more=len(lines[BUSIEST:]))


def _figure(one: Figure) -> str:
    return f"{spoken(one.p50)}, 95 %: {spoken(one.p95)} ({one.count})"
