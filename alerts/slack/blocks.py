"""How a card looks in Slack: blocks for the eye, one text for screen readers and notifications, and our own limits."""

from __future__ import annotations

import html
import json
from dataclasses import replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from alerts.card import Notice, Segment
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.card import Card, Face, Next, Reason
    from alerts.outbox import Delivery, Receipt

    Block = dict[str, Any]

EVENT_TYPE = "tocsin_delivery"

# Ours, well inside Slack's. Slack publishes no limit for all blocks together; it refuses about 11,300 characters.
TEXT_LIMIT = 3500  # Slack's chat.update refuses 4,000
BLOCKS_LIMIT = 9000  # of the serialised blocks
CONTEXT_LIMIT = 2900  # Slack: 3,000 a text
RULES_SHOWN = 5
WORDS_SHOWN = 5
OUTLETS_SHOWN = 5
TITLE_IN_TEXT = 900  # escaped; together with the next two it leaves the snippet some room in TEXT_LIMIT
RULES_IN_TEXT = 900  # shared by the rules shown, and by …
TREND_IN_TEXT = 600  # … what many stories say together, with the titles of the next ones
LINK_IN_TEXT = 1000  # a longer address stands only in the blocks
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
    TEXT = 1


def message(face: Face, *, delivery: Delivery, channel: str, rung: Rung = Rung.FULL) -> dict[str, Any]:
    """Return the arguments of ``chat.postMessage``; the delivery's key is what a later look into the history asks for.

    Text of others goes into rich_text, where nothing is parsed; what must be mrkdwn is escaped and verbatim.
    A card that would be too large in spite of its caps loses its highlights, then its snippet, then its blocks.
    """
    thread = {"thread_ts": delivery.thread.message, "reply_broadcast": delivery.broadcast} if delivery.thread else {}
    return (
        _content(face, delivery.key, rung) | thread | {"channel": channel, "unfurl_links": False, "unfurl_media": False}
    )


def edit(face: Face, *, delivery: Delivery, receipt: Receipt) -> dict[str, Any]:
    """Return the arguments of ``chat.update``.

    ``parse`` is given because its default differs from that of ``chat.postMessage``, and blocks because without
    them Slack would keep the old ones, or drop them.
    """
    content = _content(face, delivery.key, Rung(delivery.rung))
    return {"blocks": []} | content | {"channel": receipt.channel, "ts": receipt.message}


def _content(face: Face, key: str, rung: Rung) -> dict[str, Any]:
    if isinstance(face, Notice):
        text, looks = _note_text(face), iter([_note_blocks(face)])
    else:
        text, looks = full_text(face), _attempts(face)
    metadata = {"event_type": EVENT_TYPE, "event_payload": _metadata(face, key)}
    payload: dict[str, Any] = {"text": text, "parse": "none", "metadata": metadata}
    if rung is Rung.FULL:
        blocks = next((blocks for blocks in looks if size(blocks) <= BLOCKS_LIMIT), None)
        payload |= {"blocks": blocks} if blocks else {}
    return payload


def size(blocks: list[Block]) -> int:
    """Return how many characters the blocks take when they are written as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def full_text(card: Card) -> str:
    """Return the whole card as one escaped text: screen readers read this and not the blocks."""
    title = escape(card.headline, TITLE_IN_TEXT)
    head = f"{card.severity.name}: {title} ({escape(card.outlet, 200)}, {escape(card.when(), 120)})."
    trend = escape(_together(card), TREND_IN_TEXT)
    shown = card.reasons[:RULES_SHOWN]
    room = (RULES_IN_TEXT - len(trend)) // len(shown)
    tail = [escape(f"Rule {one.rule} matched{_listing(one)}.", room) for one in shown]
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
        tail.append(escape(f"Note: {card.notice}.", 200))
    tail.append(_address(card))
    left = TEXT_LIMIT - len(head) - len(trend) - sum(len(part) + 1 for part in tail) - 2
    return " ".join(part for part in (head, trend, escape(card.summary, left), *tail) if part)


def escape(text: str, limit: int) -> str:
    """Escape the three characters that mean something to Slack, and cut before the result passes ``limit``."""
    escaped = html.escape(text, quote=False)
    if len(escaped) <= limit:
        return escaped
    room, kept = limit - 1, []
    for char in text:
        piece = html.escape(char, quote=False)
        if len(piece) > room:
            break
        room -= len(piece)
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def _note_text(notice: Notice) -> str:
    named = f"{escape(notice.headline, TITLE_IN_TEXT)} ({escape(notice.outlet, 200)}): "
    return named + escape(notice.text, TEXT_LIMIT - len(named))


def _note_blocks(notice: Notice) -> list[Block]:
    title = _title(notice.headline, notice, bold=False)
    elements: list[Block] = [_section([*title, _text(f" · {notice.outlet}: "), _text(notice.text, bold=True)])]
    return [{"type": "rich_text", "block_id": "note", "elements": elements}]


def _metadata(face: Face, key: str) -> dict[str, Any]:
    if isinstance(face, Notice):
        return {"key": key, "kind": "note", "story": str(face.story), "rev": 1}
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
    yield _blocks(replace(card, snippet=(Segment(card.summary),) if card.snippet else ()))
    yield _blocks(replace(card, snippet=()))


def _blocks(card: Card) -> list[Block]:
    trend = {"type": "plain_text", "text": card.trend, "emoji": False}
    blocks = [
        _context("sev", _why(card)),
        *([{"type": "context", "block_id": "trend", "elements": [trend]}] if card.trend else []),
        *([_context("update", escape(card.update, 200))] if card.update else []),
        _story(card),
        _context("src", _source(card)),
    ]
    if card.was:
        was = {"type": "plain_text", "text": f"headline before: {card.was}", "emoji": False}
        blocks.append({"type": "context", "block_id": "was", "elements": [was]})
    if card.notice:
        blocks.append(_context("note", f":warning: {escape(card.notice, 200)}"))
    return blocks


def _context(block_id: str, text: str) -> Block:
    element = {"type": "mrkdwn", "text": text, "verbatim": True}
    return {"type": "context", "block_id": block_id, "elements": [element]}


def _why(card: Card) -> str:
    rules = [_rule(reason) for reason in card.reasons[:RULES_SHOWN]]
    more = len(card.reasons) - RULES_SHOWN
    rest = [f"+{more} more rules"] if more > 0 else []
    return f"{_EMOJI[card.severity]} *{card.severity.name}* · " + "\n".join(rules + rest)


def _rule(reason: Reason) -> str:
    rule = escape(reason.rule.replace("`", "'"), 100)
    words = ", ".join(_emphasised(word) for word in reason.words[:WORDS_SHOWN])
    more = len(reason.words) - WORDS_SHOWN
    matched = f" · matched {words}" if words else ""
    return f"rule `{rule}`{matched}" + (f" +{more}" if more > 0 else "")


def _emphasised(word: str) -> str:
    escaped = escape(word, 80)
    return escaped if set(word) & set("_*~`") else f"_{escaped}_"


def _story(card: Card) -> Block:
    elements: list[Block] = [_section(_title(card.headline, card, bold=True))]
    if card.snippet:
        runs = [_text(segment.text, bold=segment.hit) for segment in card.snippet]
        elements.append({"type": "rich_text_quote", "elements": runs})
    if card.nexts:
        nexts = [_section([*_title(one.title, one, bold=False), _text(f" · {one.outlet}")]) for one in card.nexts]
        nexts += [_section([_text(f"and {card.more} more")])] if card.more else []
        elements.append({"type": "rich_text_list", "style": "bullet", "elements": nexts})
    return {"type": "rich_text", "block_id": "story", "elements": elements}


def _section(runs: list[Block]) -> Block:
    return {"type": "rich_text_section", "elements": runs}


def _title(title: str, of: Card | Next | Notice, *, bold: bool) -> list[Block]:
    if of.link is None:
        return [_text(title, bold=bold)]
    link = {"type": "link", "url": of.link} | ({"style": {"bold": True}} if bold else {})
    if of.title_is_an_address:  # as a link's text it would promise another place than it leads to
        return [_text(f"{title} ", bold=bold), link | {"text": of.host}]
    return [link | {"text": title}]


def _text(text: str, *, bold: bool = False) -> Block:
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


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
        return escape(card.when(), 120)
    remark = f" ({escape(card.date_remark, 80)})" if card.date_remark else ""
    fallback = replace(card, date_remark="").when()
    return f"<!date^{int(card.published.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>{remark}"
