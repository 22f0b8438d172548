"""ConsoleNotifier: prints cards to a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from alerts.card import Notice
from alerts.outbox import Receipt
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime, tzinfo

    from rich.console import Console

    from alerts.card import Card, Face, Reason, Segment
    from alerts.outbox import Delivery

WIDEST = 100  # columns; longer lines are hard to read

_COLOURS = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold black on dark_orange",
    Severity.NOTICE: "bold black on yellow",
    Severity.INFO: "bold white on blue",
}
_BORDERS = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "dark_orange",
    Severity.NOTICE: "yellow",
    Severity.INFO: "blue",
}
_HIT = "bold bright_yellow"


class ConsoleNotifier:
    """Prints each card at once; what a terminal showed cannot be looked up, so a repeat says that it may be one."""

    rungs = 1

    def __init__(self, console: Console, zone: tzinfo) -> None:
        self._console = console
        self._zone = zone

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Print the card; an OSError of the terminal passes through."""
        channel = delivery.alert.channel
        shown = note(face, channel) if isinstance(face, Notice) else panel(face, channel, self._zone)
        self._console.print(shown, width=min(self._console.width, WIDEST))
        return Receipt(channel=channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Do nothing: what a terminal showed stays as it was."""

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return None: a terminal has no memory."""
        del channel, keys, since, thread
        return None

    async def close(self) -> None:
        """Do nothing: the console is its owner's."""


def note(notice: Notice, channel: str) -> Text:
    """Return what a reply says as a line; it is never taken for rich's markup."""
    return Text.assemble(
        (f"{channel} ", "dim"), ("↳ ", "bold"), (notice.headline, "bold"), f" · {notice.outlet}: {notice.text}"
    )


def panel(card: Card, channel: str, zone: tzinfo) -> Panel:
    """Return the card as a panel; its text is never taken for rich's markup."""
    lines = [Text(said, "italic") for said in (card.trend, card.update) if said]
    lines += [_marked(card.title, "bold"), *([_marked(card.snippet, "")] if card.snippet else []), Text()]
    lines.append(_source(card, zone))
    lines += [_reason(reason) for reason in card.reasons]
    if card.also:
        lines.append(Text(f"also {', '.join(card.also)}", style="dim"))
    lines += [Text.assemble("then ", (one.title, "bold"), (f" · {one.outlet}", "dim")) for one in card.nexts]
    if card.more:
        lines.append(Text(f"and {card.more} more", "dim"))
    if card.was:
        lines.append(Text(f"headline before: {card.was}", style="dim"))
    if card.notice:
        lines.append(Text(f"! {card.notice}", style="italic"))
    if card.link:
        lines.append(Text(card.link, style=Style(link=card.link, underline=True, color="cyan"), overflow="fold"))
    return Panel(
        Text("\n").join(lines),
        title=Text(f" {card.severity.name} ", style=_COLOURS[card.severity]),
        title_align="left",
        subtitle=Text(channel, style="dim"),
        subtitle_align="right",
        border_style=_BORDERS[card.severity],
        padding=(0, 1),
    )


def _marked(segments: Iterable[Segment], style: str) -> Text:
    return Text.assemble(*((segment.text, _HIT if segment.hit else style) for segment in segments))


def _source(card: Card, zone: tzinfo) -> Text:
    outlet = f"{card.outlet} ({card.host or 'no usable link'})"
    return Text(" · ".join((outlet, *card.standing, card.when(zone))), style="dim")


def _reason(reason: Reason) -> Text:
    line = Text.assemble(("rule ", "dim"), (reason.name or reason.rule, ""), style="")
    if reason.words:
        line.append(" matched ", "dim").append(", ".join(reason.words), _HIT)
    return line
