"""ConsoleNotifier: prints cards and bulletins to a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from alerts.bulletin import Bulletin
from alerts.card import Notice
from alerts.chart import text_bars
from alerts.outbox import Kind, Receipt
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from rich.console import Console, RenderableType

    from alerts.bulletin import Item
    from alerts.card import Card, Reason, Segment
    from alerts.face import Face
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
        channel = delivery.channel
        place = f"{channel}, in a thread" if delivery.kind is Kind.REPLY else channel
        self._console.print(shown(face, place, self._zone), width=min(self._console.width, WIDEST))
        return Receipt(channel=channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Do nothing: what a terminal showed stays as it was."""

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return None: a terminal has no memory."""
        del channel, keys, since, thread
        return None

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return None: a terminal has no memory."""
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        """Do nothing: nothing can be taken back."""

    async def close(self) -> None:
        """Do nothing: the console is its owner's."""


def shown(face: Face, channel: str, zone: tzinfo) -> RenderableType:
    """Return what a terminal shows; text of others is never taken for rich's markup."""
    if isinstance(face, Notice):
        return note(face, channel)
    return board(face, channel) if isinstance(face, Bulletin) else panel(face, channel, zone)


def note(notice: Notice, channel: str) -> Text:
    """Return what a reply says as a line; it is never taken for rich's markup."""
    return Text.assemble(
        (f"{channel} ", "dim"), ("↳ ", "bold"), (notice.headline, "bold"), f" · {notice.outlet}: {notice.text}"
    )


def panel(card: Card, channel: str, zone: tzinfo) -> Panel:
    """Return the card as a panel; its text is never taken for rich's markup."""
    lines = [Text(said, "italic") for said in (card.trend, card.update) if said]
    if card.wording:
        lines.append(Text(card.wording))
    else:
        lines += [_marked(card.title, "bold"), *([_marked(card.quote, "")] if card.quote else [])]
    lines += _brief_why(card, zone) if card.compact else [Text(), *_why(card, zone)]
    if card.was:
        lines.append(Text(f"headline before: {card.was}", style="dim"))
    if card.notice:
        lines.append(Text(f"! {card.notice}", style="italic"))
    if card.link and card.link not in card.wording:
        lines.append(Text(card.link, style=Style(link=card.link, underline=True, color="cyan"), overflow="fold"))
    return _framed(lines, card.severity.name, card.severity, channel)


def _why(card: Card, zone: tzinfo) -> list[Text]:
    lines = [_source(card, card.standing, zone), *map(_reason, card.reasons)]
    lines += [Text(f"also {', '.join(card.also)}", style="dim")] if card.also else []
    lines += [Text.assemble("then ", (one.title, "bold"), (f" · {one.outlet}", "dim")) for one in card.nexts]
    return [*lines, *_more(card.more)]


def _brief_why(card: Card, zone: tzinfo) -> list[Text]:
    parts = [_source(card, (), zone), *map(_reason, card.reasons)]
    parts += [Text(f"+{len(card.also)} outlets", style="dim")] if card.also else []
    return [Text(" · ", "dim").join(parts), *_more(card.more + len(card.nexts))]


def _more(number: int) -> list[Text]:
    return [Text(f"and {number} more", "dim")] if number else []


def board(bulletin: Bulletin, channel: str) -> Panel:
    """Return a bulletin as a panel; its text is never taken for rich's markup."""
    lines = [Text(bulletin.graded, "bold"), *([Text(bulletin.lead)] if bulletin.lead else [])]
    lines += [Text.assemble((f"{label}: ", "dim"), value) for label, value in bulletin.facts]
    lines += [Text(), *map(Text, text_bars(bulletin.chart))] if bulletin.chart else []
    for part in bulletin.parts:
        lines += [Text(), *([Text(part.heading, "bold")] if part.heading else []), *map(_item, part.items)]
        lines += [Text(f"  {part.rest}", "dim")] if part.more else []
    lines += [Text(), Text(bulletin.foot, "dim")] if bulletin.foot else []
    lines += [Text(f"! {bulletin.notice}", "italic")] if bulletin.notice else []
    return _framed(lines, bulletin.topic.name, bulletin.severity, channel)


def _item(one: Item) -> Text:
    style = Style(link=one.link, underline=True) if one.link else ""
    return Text.assemble("  · ", (one.text, style), (f" — {one.remark}" * bool(one.remark), "dim"))


def _framed(lines: Iterable[Text], title: str, severity: Severity, channel: str) -> Panel:
    return Panel(
        Text("\n").join(lines),
        title=Text(f" {title} ", style=_COLOURS[severity]),
        title_align="left",
        subtitle=Text(channel, style="dim"),
        subtitle_align="right",
        border_style=_BORDERS[severity],
        padding=(0, 1),
    )


def _marked(segments: Iterable[Segment], style: str) -> Text:
    return Text.assemble(*((segment.text, _HIT if segment.hit else style) for segment in segments))


def _source(card: Card, standing: Iterable[str], zone: tzinfo) -> Text:
    outlet = f"{card.outlet} ({card.host or 'no usable link'})"
    return Text(" · ".join((outlet, *standing, card.when(zone))), style="dim")


def _reason(reason: Reason) -> Text:
    line = Text.assemble(("rule ", "dim"), (reason.name or reason.rule, ""), style="")
    if reason.words:
        line.append(" matched ", "dim").append(", ".join(reason.words), _HIT)
    return line
