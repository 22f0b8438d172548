"""AppriseNotifier: sends plain text by Apprise, to mail, chats and phones; needs the extra [apprise]."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Protocol

from alerts.bulletin import Bulletin, fitting
from alerts.card import Notice, clean
from alerts.chart import text_bars
from alerts.errors import RouteRefused, Unclear
from alerts.outbox import Receipt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from alerts.card import Card
    from alerts.face import Face
    from alerts.outbox import Delivery

MODULE = "apprise"
TITLE_LIMIT = 200  # characters; what is longer no subject line or lock screen shows
BODY_LIMIT = 3500  # characters of a bulletin; some chats take 4,096
# What chats read as a mention, a link or something hidden; sent as text, it must be nothing but text.
_INERT = str.maketrans({"@": "\uff20", "<": "\u2039", ">": "\u203a", "[": "\uff3b", "]": "\uff3d", "|": "\u00a6"})
_INERT_MARKS = str.maketrans({"`": "'", "*": "\u2217", "~": "\u223c"})


class Sender(Protocol):
    """What is asked of an ``apprise.Apprise``."""

    def notify(self, body: str, title: str, *, body_format: str) -> bool | None:
        """Send to each address and return whether all took it; None when there are none."""


class AppriseNotifier:
    """Sends on a thread, for Apprise waits for answers; it says yes or no, and nothing of where the message stands.

    So nothing can be edited, answered in a thread or looked for, and a message may come twice, which it then says.
    """

    rungs = 1

    def __init__(self, sender: Sender, zone: tzinfo) -> None:
        self._sender = sender
        self._zone = zone

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Send title and text; raises Unclear for a no, since some of several services may have said yes."""
        title, body = text_of(face, self._zone)
        taken = await asyncio.to_thread(self._sender.notify, body, title, body_format="text")
        if taken is None:
            raise RouteRefused("no-address", "Apprise knows no service by this address")
        if not taken:
            raise Unclear("not-confirmed", "Apprise could not confirm it; its own log says why")
        return Receipt(channel=delivery.channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Do nothing: what was sent stays as it was."""

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return None: Apprise cannot look."""
        del channel, keys, since, thread
        return None

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return None: Apprise cannot look."""
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        """Do nothing: nothing can be taken back."""

    async def close(self) -> None:
        """Do nothing: Apprise keeps nothing open."""


def connect(url: str) -> Sender | None:
    """Return a sender for an address such as ``mailto://…``; None when Apprise cannot use it.

    Raises ImportError without the extra [apprise].
    """
    apprise = importlib.import_module(MODULE)
    sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Tocsin", app_desc="", app_url="", secure_logging=True))
    if not sender.add(url):
        return None
    made: Sender = sender
    return made


def inert(text: str) -> str:
    """Return text of others so that no service finds a mention, a link's markup or hidden parts in it.

    Services read Markdown and mentions out of what was sent as text, each its own; the characters that begin such
    things give way to others that look alike.
    """
    return text.translate(_INERT | _INERT_MARKS)


def text_of(face: Face, zone: tzinfo) -> tuple[str, str]:
    """Return the title and the text of a message."""
    if isinstance(face, Notice):
        lines = [inert(f"{face.outlet}: {face.text}"), face.link or ""]
        return clean(inert(face.headline), TITLE_LIMIT), "\n".join(filter(None, lines))
    if isinstance(face, Bulletin):
        return clean(inert(face.graded), TITLE_LIMIT), _bulletin(face)
    title = clean(f"{face.severity.name}: {inert(face.headline)}", TITLE_LIMIT)
    return title, "\n".join(filter(None, _lines(face, zone)))


def _lines(card: Card, zone: tzinfo) -> list[str]:
    source = f"{card.outlet} ({card.host or 'no usable link'})"
    why = [
        f"rule {one.name or one.rule}" + f" matched {', '.join(one.words)}" * bool(one.words) for one in card.reasons
    ]
    quote = "".join(segment.text for segment in card.quote)
    title, text = ([], card.wording.splitlines()) if card.wording else ([card.headline], [quote])
    told = [*title, card.trend, card.update, *text]
    if card.compact:
        others = f"+{len(card.also)} outlets" * bool(card.also)
        said = [*told, " · ".join(filter(None, (source, card.when(zone), *why, others)))]
    else:
        said = [
            *told,
            " · ".join((source, *card.standing, card.when(zone))),
            *why,
            f"also {', '.join(card.also)}" * bool(card.also),
            *(f"then {one.title} · {one.outlet}" for one in card.nexts),
        ]
    more = card.more + len(card.nexts) * card.compact
    said += [
        f"and {more} more" * bool(more),
        f"headline before: {card.was}" * bool(card.was),
        card.notice or "",
    ]
    shown = [*map(inert, said)]
    link = card.link or ""
    return shown if link in "\n".join(shown) else [*shown, link]


def _bulletin(bulletin: Bulletin) -> str:
    return fitting(bulletin, BODY_LIMIT, lambda fewer: "\n".join(_bulletin_lines(fewer)))


def _bulletin_lines(bulletin: Bulletin) -> Iterator[str]:
    yield from filter(None, [inert(bulletin.lead)])
    for label, value in bulletin.facts:
        yield inert(f"{label}: {value}")
    yield from map(inert, text_bars(bulletin.chart))
    for part in bulletin.parts:
        yield f"\n{inert(part.heading)}"
        for one in part.items:
            yield "\n".join(filter(None, [f"- {inert(one.says)}", one.link]))
        if part.more:
            yield f"- {part.rest}"
    yield from filter(None, [inert(bulletin.foot), inert(bulletin.notice or "")])
