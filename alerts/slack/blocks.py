"""How a card looks in Slack: blocks for the eye, one text for screen readers and notifications, and our own limits."""

from __future__ import annotations

import html
from dataclasses import replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from alerts.bulletin import Bulletin, Topic
from alerts.card import Notice, Segment
from alerts.slack import bulletins
from alerts.slack.actions import bulletin_buttons
from alerts.slack.actions import buttons as card_buttons
from alerts.slack.elements import (
    BLOCKS_LIMIT,
    TEXT_LIMIT,
    context,
    emphasised,
    escape,
    run,
    section,
    size,
    small_print,
    titled,
)
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alerts.card import Card, Reason
    from alerts.face import Face
    from alerts.outbox import Delivery, Receipt

    Block = dict[str, Any]

EVENT_TYPE = "tocsin_delivery"

RULES_SHOWN = 5
BRIEF_SHOWN = 2  # of a compact card's rules, and of the words of each
WORDS_SHOWN = 5
OUTLETS_SHOWN = 5
TITLE_IN_TEXT = 900  # escaped; together with the next two it leaves the snippet some room in TEXT_LIMIT
RULES_IN_TEXT = 900  # shared by the rules shown, and by …
TREND_IN_TEXT = 600  # … what many stories say together, with the titles of the next ones
LINK_IN_TEXT = 1000  # a longer address stands only in the blocks
NOTE_SHOWN = 300
RULE_IN_METADATA = 100  # anyone in the workspace can read metadata; all of it stays below 300 bytes

_EMOJI = {
    Severity.CRITICAL: ":red_circle:",
    Severity.HIGH: ":large_orange_circle:",
    Severity.NOTICE: ":large_yellow_circle:",
    Severity.INFO: ":large_blue_circle:",
}


class Rung(IntEnum):
    """How plain a message is made; after a refusal the next one is tried."""

    FULL = 0
    PLAIN = 1  # no picture, no buttons, of a card no snippet
    TEXT = 2


def message(
    face: Face,
    *,
    delivery: Delivery,
    channel: str,
    rung: Rung = Rung.FULL,
    buttons: bool = False,
    picture: str | None = None,
) -> dict[str, Any]:
    """Return the arguments of ``chat.postMessage``; the delivery's key is what a later look into the history asks for.

    Text of others goes into rich_text, where nothing is parsed; what must be mrkdwn is escaped and verbatim.
    A card that would be too large in spite of its caps loses its highlights, then its snippet, then its ``buttons``,
    then its blocks. ``picture`` is the id of the file that shows a bulletin's chart.
    """
    thread = {"thread_ts": delivery.thread.message, "reply_broadcast": delivery.broadcast} if delivery.thread else {}
    content = _content(face, delivery, rung, buttons=buttons, picture=picture)
    return content | thread | {"channel": channel, "unfurl_links": False, "unfurl_media": False}


def edit(
    face: Face, *, delivery: Delivery, receipt: Receipt, buttons: bool = False, picture: str | None = None
) -> dict[str, Any]:
    """Return the arguments of ``chat.update``.

    ``parse`` is given because its default differs from that of ``chat.postMessage``, and blocks because without
    them Slack would keep the old ones, or drop them.
    """
    content = _content(face, delivery, Rung(delivery.rung), buttons=buttons, picture=picture)
    return {"blocks": []} | content | {"channel": receipt.channel, "ts": receipt.message}


def _content(face: Face, delivery: Delivery, rung: Rung, *, buttons: bool, picture: str | None) -> dict[str, Any]:
    metadata = {"event_type": EVENT_TYPE, "event_payload": _metadata(face, delivery.key)}
    payload: dict[str, Any] = {"text": _text(face, rung), "parse": "none", "metadata": metadata}
    if rung is not Rung.TEXT:
        full = rung is Rung.FULL
        last = _buttons(face, delivery) if buttons and full else []
        looks = list(_looks(face, picture if full else None, full=full))
        blocks = _fitting(looks, last) or _fitting(looks, [])
        payload |= {"blocks": blocks} if blocks else {}
    return payload


def _fitting(looks: Iterable[list[Block]], last: list[Block]) -> list[Block] | None:
    """Return the fullest look that fits together with the ``last`` block; None when none does."""
    return next((look + last for look in looks if size(look + last) <= BLOCKS_LIMIT), None)


def _buttons(face: Face, delivery: Delivery) -> list[Block]:
    """Return what can be done about a message; a digest is only read, and a quiet reply has its parent's buttons."""
    if isinstance(face, Bulletin):
        answers = face.topic is Topic.TRIAL or (face.topic in {Topic.HEALTH, Topic.STORM} and not delivery.thread)
        return [bulletin_buttons(delivery.key, face)] if answers else []
    if isinstance(face, Notice) or (delivery.thread and not delivery.broadcast):
        return []
    first = max(delivery.alert.matches, key=lambda match: match.severity)
    return [card_buttons(delivery.key, first.rule)]


def _text(face: Face, rung: Rung) -> str:
    if isinstance(face, Bulletin):
        return bulletins.full_text(face, links=rung is Rung.TEXT)
    return _note_text(face) if isinstance(face, Notice) else full_text(face)


def _looks(face: Face, picture: str | None, *, full: bool) -> Iterator[list[Block]]:
    """Return its blocks from the fullest look to the barest; of a card that is not to be ``full``, that one alone."""
    if isinstance(face, Bulletin):
        return bulletins.looks(face, picture)
    if isinstance(face, Notice):
        return iter([_note_blocks(face)])
    return _attempts(face) if full else iter([_bare_blocks(face)])


def full_text(card: Card) -> str:
    """Return the whole card as one escaped text: screen readers read this and not the blocks."""
    source = f"({escape(card.outlet, 200)}, {escape(card.when(card.zone), 120)})."
    trend = escape(_together(card), TREND_IN_TEXT)
    tail = _tail(card, RULES_IN_TEXT - len(trend))
    left = TEXT_LIMIT - len(source) - len(trend) - sum(len(part) + 1 for part in tail) - 2
    if card.wording:
        head = f"{card.severity.name}: "
        said = [head + escape(" ".join(card.wording.split()), left - len(head) - 1), source, trend]
    else:
        head = f"{card.severity.name}: {escape(card.headline, TITLE_IN_TEXT)} {source}"
        quote = "".join(segment.text for segment in card.quote)
        said = [head, trend, escape(quote, left - len(head) + len(source))]
    return " ".join(part for part in (*said, *tail) if part)


def _tail(card: Card, room: int) -> list[str]:
    """Return why it is told and what else there is to say; the rules share ``room``."""
    shown = card.reasons[:RULES_SHOWN]
    tail = [escape(f"Rule {one.rule} matched{_listing(one)}.", room // len(shown)) for one in shown]
    if (more := len(card.reasons) - RULES_SHOWN) > 0:
        tail.append(f"{more} more rules matched.")
    if card.also:
        count = len(card.also)
        tail.append(f"Also reported by {count} other {'source' if count == 1 else 'sources'}.")
    if card.update:
        tail.append(f"{card.update.capitalize()}.")
    if card.was:
        tail.append(escape(f"Headline before: {card.was}.", 400))
    if card.notice:
        tail.append(escape(f"Note: {card.notice}.", NOTE_SHOWN))
    return [*tail, _address(card)]


def _note_text(notice: Notice) -> str:
    named = f"{escape(notice.headline, TITLE_IN_TEXT)} ({escape(notice.outlet, 200)}): "
    return named + escape(notice.text, TEXT_LIMIT - len(named))


def _note_blocks(notice: Notice) -> list[Block]:
    title = titled(notice.headline, notice, bold=False)
    elements: list[Block] = [section([*title, run(f" · {notice.outlet}: "), run(notice.text, bold=True)])]
    return [{"type": "rich_text", "block_id": "note", "elements": elements}]


def _metadata(face: Face, key: str) -> dict[str, Any]:
    if isinstance(face, Notice):
        return {"key": key, "kind": "note", "story": str(face.story), "rev": 1}
    if isinstance(face, Bulletin):
        return {"key": key, "kind": str(face.topic), "rev": 1}
    card = face
    rule = card.reasons[0].rule[:RULE_IN_METADATA]
    kind = "stream" if card.trend else "story"
    return {"key": key, "kind": kind, "story": str(card.story), "rule": rule, "rev": 1}


def _together(card: Card) -> str:
    named = [f"{one.title} ({one.outlet})" for one in card.nexts]
    nexts = "; ".join([*named, *([f"and {card.more} more"] if card.more else [])])
    return f"{card.trend}." * bool(card.trend) + f" Then: {nexts}." * bool(nexts)


def _address(card: Card) -> str:
    link = html.escape(card.link or "", quote=False)
    return link if len(link) <= LINK_IN_TEXT else f"(long link to {card.host})"


def _listing(reason: Reason) -> str:
    shown = ", ".join(reason.words[:WORDS_SHOWN])
    more = len(reason.words) - WORDS_SHOWN
    return (f" {shown}" if shown else "") + (f" and {more} more" if more > 0 else "")


def _attempts(card: Card) -> Iterator[list[Block]]:
    yield _blocks(card)
    if card.quote:
        plain = (Segment("".join(segment.text for segment in card.quote)),)
        yield _blocks(replace(card, snippet=plain, brief=plain))
    yield _bare_blocks(card)


def _bare_blocks(card: Card) -> list[Block]:
    return _blocks(replace(card, snippet=(), brief=()))


def _blocks(card: Card) -> list[Block]:
    told = [
        *([small_print("trend", card.trend)] if card.trend else []),
        *([context("update", escape(card.update, 200))] if card.update else []),
        _story(card),
    ]
    blocks = (
        [*told, context("sev", _in_brief(card))]
        if card.compact
        else [context("sev", _why(card)), *told, context("src", _source(card))]
    )
    if card.was:
        blocks.append(small_print("was", f"headline before: {card.was}"))
    if card.notice:
        blocks.append(context("note", f":warning: {escape(card.notice, NOTE_SHOWN)}"))
    return blocks


def _in_brief(card: Card) -> str:
    """Return source and reasons in one line."""
    also, more = len(card.also), len(card.reasons) - BRIEF_SHOWN
    parts = [
        _grade(card),
        f"{escape(card.outlet, 200)} ({card.host or 'no usable link'})",
        _date(card),
        *(_rule(reason, BRIEF_SHOWN) for reason in card.reasons[:BRIEF_SHOWN]),
        *([f"+{more} more rules"] if more > 0 else []),
        *([f"+{also} {'outlet' if also == 1 else 'outlets'}"] if also else []),
    ]
    return " · ".join(parts)


def _grade(card: Card) -> str:
    return f"{_EMOJI[card.severity]} *{card.severity.name}*"


def _why(card: Card) -> str:
    rules = [_rule(reason) for reason in card.reasons[:RULES_SHOWN]]
    more = len(card.reasons) - RULES_SHOWN
    rest = [f"+{more} more rules"] if more > 0 else []
    return f"{_grade(card)} · " + "\n".join(rules + rest)


def _rule(reason: Reason, most: int = WORDS_SHOWN) -> str:
    rule = escape(reason.rule.replace("`", "'"), 100)
    words = ", ".join(emphasised(word, "_", 80) for word in reason.words[:most])
    more = len(reason.words) - most
    matched = f" · matched {words}" if words else ""
    return f"rule `{rule}`{matched}" + (f" +{more}" if more > 0 else "")


def _story(card: Card) -> Block:
    elements = [section(_worded(card) if card.wording else titled(card.headline, card, bold=True))]
    if card.quote and not card.wording:
        runs = [run(segment.text, bold=segment.hit) for segment in card.quote]
        elements.append({"type": "rich_text_quote", "elements": runs})
    if card.nexts and not card.compact:
        nexts = [section([*titled(one.title, one, bold=False), run(f" · {one.outlet}")]) for one in card.nexts]
        nexts += [section([run(f"and {card.more} more")])] if card.more else []
        elements.append({"type": "rich_text_list", "style": "bullet", "elements": nexts})
    elif more := card.more + len(card.nexts):
        elements.append(section([run(f"and {more} more stories")]))
    return {"type": "rich_text", "block_id": "story", "elements": elements}


def _worded(card: Card) -> list[Block]:
    """Return the user's own words; their address can be clicked, and where they have none, one follows them."""
    if card.link is None:
        return [run(card.wording)]
    link = {"type": "link", "url": card.link}
    if card.link not in card.wording:
        return [run(f"{card.wording}\n"), link | {"text": card.host}]
    before, *after = card.wording.split(card.link)
    runs = [run(before)]
    for text in after:
        runs += [link | {"text": card.link}, run(text)]
    return [one for one in runs if one["text"]]


def _source(card: Card) -> str:
    host = card.host or "no usable link"
    parts = [f"{escape(card.outlet, 200)} ({host})", *card.standing, _date(card)]
    if card.also:
        shown = ", ".join(escape(name, 120) for name in card.also[:OUTLETS_SHOWN])
        more = len(card.also) - OUTLETS_SHOWN
        parts.append(f"also {shown}" + (f" +{more}" if more > 0 else ""))
    return " · ".join(parts)


def _date(card: Card) -> str:
    """Let Slack show the time in each reader's own zone, or say it in words where it cannot."""
    if card.published is None or card.published.timestamp() <= 0:
        return escape(card.when(card.zone), 120)
    remark = f" ({escape(card.date_remark, 80)})" if card.date_remark else ""
    fallback = replace(card, date_remark="").when(card.zone)
    return f"<!date^{int(card.published.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>{remark}"
