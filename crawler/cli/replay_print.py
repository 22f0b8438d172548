"""What ``tocsin replay`` prints: for people, and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crawler.cli.common import shown
from crawler.cli.tables import Column, Fitted
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from rich.console import Console

    from crawler.config.model import Config
    from crawler.replay.difference import Difference
    from crawler.replay.nouns import Decision, Headline, Reading, Request, Result
    from crawler.replay.volume import Volume

_SOURCES = 5
_CHANGES = 10  # stories of each kind that a terminal lists
_BLOCKS = " ▁▂▃▄▅▆▇█"
_COLOURS = {"gained": "green", "lost": "red", "unchanged": "dim"}
_SIGNS = {"gained": "+", "lost": "-", "unchanged": "="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came of it: by the rules in force, and by those that are compared with."""

    config: Config  # of the store
    own: Config  # of the rules
    request: Request
    result: Result
    before: Result | None
    difference: Difference | None
    against: str = ""  # the other file, as the user wrote it


def show(done: Replayed, volume: Volume, samples: int) -> None:
    """Print the numbers, the timeline, the differences and some cards."""
    from rich.console import Console
    from rich.text import Text

    console, zone = Console(highlight=False), done.config.timezone
    result = done.result
    times = " to ".join(f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (result.since, result.until))
    console.print(Text(times, "bold") + Text(f"  {reading(result.reading)}", "dim"))
    console.print(Text(_summary(volume)))
    _print_channels(console, volume)
    _print_rules(console, volume)
    for line in sources(volume):
        console.print(Text(line, "dim"))
    if done.difference:
        for rule, was in sorted(done.difference.renamed.items()):
            console.print(Text(f"renamed: {was} is called {rule} now, and is compared as one rule"))
        for name in ("gained", "lost", "unchanged"):
            _print_change(console, done, name, zone)
    else:
        _print_samples(console, done, samples)
    for note in result.notes:
        console.print(Text(f"note: {note}", "dim"))


def reading(of: Reading) -> str:
    """Say how much was read: ``read 3,120 of 1,000,000 stories: 99.7 % could not match``."""
    spared = f": {100 * of.spared:.1f} % could not match" if of.prefiltered else ""
    speed = f", {of.read / of.seconds:,.0f} stories/s" if of.seconds and of.read else ""
    workers = f" in {of.workers} processes" if of.workers > 1 else ""
    return f"read {of.read:,} of {of.stories:,} stories{spared} ({of.seconds:.1f} s{workers}{speed})"


def _summary(volume: Volume) -> str:
    said = f"{_counted(volume.matches, 'story', 'stories')} found, {_counted(volume.messages, 'message')}"
    said += f", {volume.per_day:,.1f} a day"
    more = [
        f"{volume.summaries:,} of them summaries" * bool(volume.summaries),
        f"{_counted(volume.replies, 'reply', 'replies')} in threads only" * bool(volume.replies),
        f"{_counted(volume.waiting, 'entry', 'entries')} for a digest" * bool(volume.waiting),
    ]
    return "; ".join([said, *filter(None, more)])


def _print_channels(console: Console, volume: Volume) -> None:
    from rich.text import Text

    peak = max((count for days in volume.by_day.values() for count in days), default=0)
    width = max(map(len, volume.channels), default=0)
    for channel, total in volume.channels.items():
        bars = "".join(_BLOCKS[-(-8 * count // peak)] for count in volume.by_day[channel])
        console.print(Text(f"  {channel:{width}} {total:>7,}  ", "bold") + Text(bars, "cyan"), soft_wrap=True)
    if volume.busiest:
        channel, hour, number = volume.busiest
        said = f"  the busiest hour: {_counted(number, 'message')} to {channel}, {hour:%Y-%m-%d %H:%M}"
        console.print(Text(said, "dim"))


def _print_rules(console: Console, volume: Volume) -> None:
    if not volume.found_by_rule:
        return
    headings, rows = ("rule", "found", "messages", "replies", "to"), []
    columns = [Column(heading=one, right=one not in {"rule", "to"}, keep=one != "to") for one in headings]
    for rule, found in sorted(volume.found_by_rule.items(), key=lambda one: (-one[1], one[0])):
        sent = volume.sent(rule)
        trial = "on trial, would be " if rule in volume.on_trial else ""
        to = f"{trial}{', '.join(sent.messages) or 'nobody'}"
        rows.append((rule, f"{found:,}", f"{sent.total:,}", f"{sent.quiet:,}", to))
    console.print(Fitted(columns, rows))


def sources(volume: Volume) -> Sequence[str]:
    """Return a line that names the outlets which were found most."""
    if not volume.sources:
        return ()
    named = ", ".join(f"{shown(outlet, 40)} {number:,}" for outlet, number in volume.sources[:_SOURCES])
    more = len(volume.sources) - _SOURCES
    return (f"most from {named}{f' and {more:,} more outlets' if more > 0 else ''}",)


def _print_change(console: Console, done: Replayed, name: str, zone: tzinfo) -> None:
    from rich.text import Text

    some: Sequence[Decision] = getattr(done.difference, name)
    console.print(Text(f"{name} {len(some):,}", f"bold {_COLOURS[name]}"))
    if name == "unchanged":
        if done.difference and done.difference.graver:
            console.print(Text(f"  {done.difference.graver:,} of them with another severity", "dim"))
        return
    headlines = {**(done.before.headlines if done.before else {}), **done.result.headlines}
    for one in sorted(some, key=lambda each: each.at, reverse=True)[:_CHANGES]:
        head = headlines[one.story]
        line = Text(f"{_SIGNS[name]} {one.at.astimezone(zone):%m-%d %H:%M} ", _COLOURS[name])
        line += Text(f"{shown(head.title, 80) or 'no title'}  ") + Text(shown(head.outlet, 30), "cyan")
        console.print(line + Text(f"  {one.rule} → {one.channel}  {encode(one.story)}", "dim"))
    if len(some) > _CHANGES:
        console.print(Text(f"  … and {len(some) - _CHANGES:,} more; --report and --json have them", "dim"))


def _print_samples(console: Console, done: Replayed, number: int) -> None:
    from alerts.notify.console import WIDEST, panel
    from crawler.replay.samples import newest_messages, samples
    from crawler.store.archive import Archive

    archive = Archive.of(done.config.store)
    if archive is None:
        return
    with archive:
        for one in samples(archive, newest_messages(done.result, number)):
            console.print(panel(one.card, one.channel, done.config.timezone), width=min(console.width, WIDEST))


def facts(done: Replayed, volume: Volume, failed: Sequence[str]) -> dict[str, object]:
    """Return all of it for programs."""
    result = done.result
    found: dict[str, object] = {
        "since": result.since,
        "until": result.until,
        "stories": result.reading.stories,
        "read": result.reading.read,
        "prefiltered": result.reading.prefiltered,
        "seconds": round(result.reading.seconds, 3),
        "workers": result.reading.workers,
        "matches": volume.matches,
        "messages": volume.messages,
        "summaries": volume.summaries,
        "replies": volume.replies,
        "waiting_for_digests": volume.waiting,
        "per_day": round(volume.per_day, 3),
        "days": [str(day) for day in volume.days],
        "by_day": volume.by_day,
        "by_rule": {
            rule: {
                "found": number,
                "messages": volume.sent(rule).messages,
                "replies": volume.sent(rule).quiet,
                "on_trial": rule in volume.on_trial,
            }
            for rule, number in volume.found_by_rule.items()
        },
        "sources": [{"outlet": outlet, "stories": number} for outlet, number in volume.sources],
        "reasons": volume.reasons,
        "told": [_decision(one, result.headlines) for one in result.decisions if one.tells],
        "notes": result.notes,
    }
    if done.difference:
        both = {**(done.before.headlines if done.before else {}), **result.headlines}
        found |= {name: [_decision(one, both) for one in getattr(done.difference, name)] for name in _SIGNS}
        found["other_severity"] = done.difference.graver
        found["renamed"] = done.difference.renamed
    return found | {"failed": failed}


def _decision(one: Decision, headlines: Mapping[int, Headline]) -> dict[str, object]:
    head = headlines[one.story]
    return {
        "story": encode(one.story),
        "version": one.version,
        "at": one.at,
        "rule": one.rule,
        "channel": one.channel or None,
        "severity": one.match.severity.label,
        "reason": one.reason,
        "title": head.title,
        "url": head.url,
        "source": head.source,
    }


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
