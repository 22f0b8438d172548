"""What programs are told of a message: the JSON of the webhook and of the JSONL file, as docs/notifiers.md has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.bulletin import Bulletin
from alerts.card import Card
from alerts.chart import text_bars
from alerts.outbox import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.bulletin import Part
    from alerts.card import Notice
    from alerts.face import Face
    from alerts.outbox import Delivery
    from alerts.story import Alert

VERSION = 1  # counts up when a field goes or changes its meaning; new fields do not count
EDIT = "edit"

# Every payload has every field, so that a program need not ask which there are.
_NOTHING: dict[str, Any] = {
    "severity": None,
    "rules": [],
    "story": None,
    "also": [],
    "together": None,
    "next": [],
    "more": 0,
    "update": None,
    "was": None,
    "wording": None,
    "note": None,
    "bulletin": None,
}


def payload(face: Face, delivery: Delivery, *, edited: bool = False, plain: bool = False) -> dict[str, Any]:
    """Return what there is to say, ready for JSON; ``plain`` leaves out what makes it long.

    Text of others is what the face has: clean and capped, and an address only where it is safe to click. What says
    that an attempt may be a repeat is left out: the same message has the same payload however often it is sent.
    """
    return {
        "version": VERSION,
        "kind": EDIT if edited else _kind(face, delivery),
        "key": delivery.key,
        "revision": delivery.revision,
        "parent": delivery.thread.message if delivery.thread else None,
        "remark": delivery.remark or None,
        **_NOTHING,
        **_said(face, delivery, plain=plain),
    }


def _kind(face: Face, delivery: Delivery) -> str:
    if delivery.kind is Kind.REPLY:
        return "reply"
    return "bulletin" if isinstance(face, Bulletin) else "alert"


def _said(face: Face, delivery: Delivery, *, plain: bool) -> dict[str, Any]:
    if isinstance(face, Bulletin):
        return {"severity": face.severity.label, "bulletin": _bulletin(face, plain=plain)}
    story = {"story": _story(face, delivery.alert, plain=plain)}
    return story | (_card(face, plain=plain) if isinstance(face, Card) else {"note": face.text})


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
        "wording": None if plain else card.wording or None,
    }


def _bulletin(bulletin: Bulletin, *, plain: bool) -> dict[str, Any]:
    return {
        "topic": str(bulletin.topic),
        "subject": bulletin.subject or None,
        "title": bulletin.title,
        "lead": bulletin.lead or None,
        "facts": [{"label": label, "value": value} for label, value in bulletin.facts],
        "parts": [_part(part, plain=plain) for part in bulletin.parts],
        "chart": [] if plain else _chart(bulletin),
        "foot": bulletin.foot or None,
    }


def _chart(bulletin: Bulletin) -> list[dict[str, Any]]:
    return [
        {"label": bar.label, "value": bar.value, "usual": bar.usual, "text": text}
        for bar, text in zip(bulletin.chart, text_bars(bulletin.chart), strict=True)
    ]


def _part(part: Part, *, plain: bool) -> dict[str, Any]:
    items = [{"text": one.text, "url": one.link, "remark": one.remark or None} for one in part.items]
    shown = [] if plain else items
    return {"heading": part.heading, "items": shown, "more": part.more + len(items) - len(shown)}


def _story(face: Card | Notice, alert: Alert, *, plain: bool) -> dict[str, Any]:
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
