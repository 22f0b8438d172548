"""The face of a message: what a delivery shows, and how one look is told from another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from alerts.bulletin import Bulletin, tidied
from alerts.card import NAME_LIMIT, NOTE_LIMIT, TITLE_LIMIT, Card, Notice, card_for, clean, safe_link
from alerts.errors import WordingError
from alerts.routing.spec import Style

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from alerts.outbox import Delivery
    from alerts.story import Story

Face = Card | Notice | Bulletin


class Wording(Protocol):
    """A user's own words for cards."""

    def say(self, card: Card, story: Story) -> str:
        """Return the words for a card, clean and capped; raises WordingError."""


class LayOut(Protocol):
    """Lays a delivery out; ``face_for`` with the wordings that are in force."""

    def __call__(self, delivery: Delivery, *, notice: str | None = None) -> Face:
        """Return what it shows."""


OURS: Mapping[str, Wording] = MappingProxyType({})


def face_of(face: Face) -> bytes:
    """Return what tells one look of a message from another: 16 bytes of all that it says."""
    return blake2b(repr(face).encode(errors="surrogatepass"), digest_size=16).digest()


def face_for(
    delivery: Delivery, *, notice: str | None = None, wordings: Mapping[str, Wording] = OURS, zone: tzinfo = UTC
) -> Face:
    """Lay out what a delivery shows: a card, a bulletin, or the one sentence that a reply has to say.

    In ``zone`` times are written where that of the reader is not known.
    A card whose wording is gone, or cannot be written for its story, is shown in our words and says so.
    """
    notice = "; ".join(filter(None, (delivery.remark, notice))) or None
    if isinstance(delivery.content, Bulletin):
        return replace(tidied(delivery.content), notice=notice)
    story = delivery.content.story
    if not delivery.note:
        card = card_for(delivery.content, notice=notice, compact=delivery.style is Style.COMPACT)
        card = replace(card, zone=zone)
        return _worded(card, story, delivery.template, wordings) if delivery.template else card
    link = safe_link(story.url)
    return Notice(
        story=story.id,
        text=clean(delivery.note, NOTE_LIMIT) + (f" ({notice})" if notice else ""),
        headline=clean(delivery.content.retitled or story.title, TITLE_LIMIT) or "(no title)",
        link=story.url if link else None,
        host=link,
        outlet=clean(story.outlet.name, NAME_LIMIT) or story.outlet.id,
    )


def _worded(card: Card, story: Story, name: str, wordings: Mapping[str, Wording]) -> Card:
    wording = wordings.get(name)
    if wording is None:
        return _noted(card, f"the wording {name} was not used: the configuration has it no more")
    try:
        return replace(card, wording=wording.say(card, story))
    except WordingError as error:
        return _noted(card, f"the wording {name} was not used: {error}")


def _noted(card: Card, problem: str) -> Card:
    return replace(card, notice="; ".join(filter(None, (card.notice, clean(problem, NOTE_LIMIT)))))
