"""What programs are told of a message: the JSON of the webhook and of the JSONL file, as docs/notifiers.md has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.card import Card
from alerts.outbox import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.card import Face
    from alerts.outbox import Delivery
    from alerts.story import Alert

VERSION = 1  # counts up when a field goes or changes its meaning; new fields do not count
EDIT = "edit"


def payload(face: Face, delivery: Delivery, *, edited: bool = False, plain: bool = False) -> dict[str, Any]:
    """Return what there is to say, ready for JSON; ``plain`` leaves out what makes it long.

    Text of others is what the face has: clean and capped, and an address only where it is safe to click. What says
    that an attempt may be a repeat is left out: the same message has the same payload however often it is sent.
    """
    said = _card(face, plain=plain) if isinstance(face, Card) else _note(face.text)
    return {
        "version": VERSION,
        "kind": EDIT if edited else "reply" if delivery.kind is Kind.REPLY else "alert",
        "key": delivery.key,
        "revision": delivery.revision,
        "parent": delivery.thread.message if delivery.thread else None,
        "story": _story(face, delivery.alert, plain=plain),
        "remark": delivery.remark or None,
        **said,
    }


def _card(card: Card, *, plain: bool) -> dict[str, Any]:
    return {
        "severity": card.severity.label,
        "rules": [
            {
                "id": reason.rule,
                "name": reason.name,
                "severity": reason.severity.label,
                "matched": [] if plain else list(reason.words),
            }
            for reason in card.reasons
        ],
        "also": [] if plain else list(card.also),
        "together": card.trend or None,
        "next": [] if plain else [{"title": one.title, "url": one.link, "outlet": one.outlet} for one in card.nexts],
        "more": card.more,
        "update": card.update or None,
        "was": card.was or None,
        "note": None,
    }


def _note(text: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"severity": None, "rules": [], "also": [], "together": None, "next": [], "more": 0}
    return nothing | {"update": None, "was": None, "note": text}


def _story(face: Face, alert: Alert, *, plain: bool) -> dict[str, Any]:
    story, outlet = alert.story, alert.story.outlet
    return {
        "id": str(story.id),  # as a number it would lose digits where numbers are floats
        "title": face.headline,
        "url": face.link,
        "text": None if plain or not isinstance(face, Card) else face.summary,
        "language": story.language,
        "outlet": {
            "id": outlet.id,
            "name": face.outlet,
            "type": outlet.kind,
            "tier": outlet.tier,
            "country": outlet.country,
        },
        "published": _moment(story.published),
        "seen": _moment(story.seen),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
