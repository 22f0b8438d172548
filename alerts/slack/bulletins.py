"""How a bulletin looks in Slack: a heading, small print, facts side by side, and a list for each part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alerts.bulletin import Topic, fitting, shrunk
from alerts.chart import TITLE, in_words, text_bars
from alerts.graphemes import last_cut
from alerts.slack.elements import (
    CONTEXT_LIMIT,
    FIELD_LIMIT,
    FIELDS_LIMIT,
    TEXT_LIMIT,
    context,
    emphasised,
    escape,
    mrkdwn,
    run,
    section,
    small_print,
    titled,
)
from alerts.story import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.bulletin import Bar, Bulletin, Item, Part

    Block = dict[str, Any]

BLOCKS_MOST = 48  # Slack takes 50, and buttons may follow
LABEL_LIMIT = 160  # escaped
ALT_LIMIT = 2000  # of an image; Slack's own
WORDS_IN_TEXT = 1200  # escaped: of what stands above the parts, and of what stands below


def looks(bulletin: Bulletin, picture: str | None = None) -> Iterator[list[Block]]:
    """Yield its blocks from the fullest look to the barest.

    ``picture`` is the id of a file in Slack that shows its chart; without one the chart is drawn in text.
    """
    for fewer in shrunk(bulletin):
        blocks = _blocks(fewer, picture)
        if len(blocks) <= BLOCKS_MOST:
            yield blocks


def full_text(bulletin: Bulletin, *, links: bool) -> str:
    """Return the whole bulletin as one escaped text, as much of it as fits; screen readers read this, not the blocks.

    Where not all fits, addresses go before lines do, unless ``links`` says that there are no blocks to click in. Only
    then it draws the chart: the headings say its numbers, and a bar is nothing to listen to.
    """
    if not links:
        bulletin = replace(bulletin, chart=())
    whole = "\n".join(_lines(bulletin, links=True))
    if len(whole) <= TEXT_LIMIT:
        return whole
    return fitting(bulletin, TEXT_LIMIT, lambda fewer: "\n".join(_lines(fewer, links=links)))


def _lines(bulletin: Bulletin, *, links: bool) -> Iterator[str]:
    yield escape(bulletin.graded, TEXT_LIMIT)
    yield from filter(None, [escape(bulletin.lead, WORDS_IN_TEXT)])
    for label, value in bulletin.facts:
        yield f"{escape(label, LABEL_LIMIT)}: {escape(value, FIELD_LIMIT)}"
    for line in text_bars(bulletin.chart):
        yield escape(line, TEXT_LIMIT)
    for part in bulletin.parts:
        yield escape(part.heading, CONTEXT_LIMIT)
        for one in part.items:
            address = f" {escape(one.link, TEXT_LIMIT)}" if links and one.link else ""
            yield f"• {escape(one.says, TEXT_LIMIT)}{address}"
        if part.more:
            yield f"• {part.rest}"
    yield from filter(None, [escape(bulletin.foot, WORDS_IN_TEXT)])
    if bulletin.notice:
        yield escape(f"Note: {bulletin.notice}.", 400)


def _blocks(bulletin: Bulletin, picture: str | None) -> list[Block]:
    blocks = _top(bulletin)
    fields = [_field(label, value) for label, value in bulletin.facts]
    for start in range(0, len(fields), FIELDS_LIMIT):
        some = fields[start : start + FIELDS_LIMIT]
        blocks.append({"type": "section", "block_id": f"facts-{start // FIELDS_LIMIT}", "fields": some})
    blocks += [_chart(bulletin.chart, picture)] if bulletin.chart else []
    blocks += [_part(part, f"part-{number}") for number, part in enumerate(bulletin.parts)]
    if bulletin.foot:
        blocks.append(small_print("foot", bulletin.foot))
    if bulletin.notice:
        blocks.append(context("note", f":warning: {escape(bulletin.notice, 400)}"))
    return blocks


def _top(bulletin: Bulletin) -> list[Block]:
    """Return a header for what is read in peace, and a line with a sign for what needs somebody."""
    if bulletin.topic in {Topic.DIGEST, Topic.SUMMARY, Topic.TRIAL}:
        title = {"type": "plain_text", "text": bulletin.graded, "emoji": False}
        lead = [small_print("lead", bulletin.lead)] if bulletin.lead else []
        return [{"type": "header", "block_id": "head", "text": title}, *lead]
    said = f"{_sign(bulletin)} {emphasised(bulletin.graded, '*', 800)}"
    if bulletin.lead:
        said += f"\n{escape(bulletin.lead, CONTEXT_LIMIT - len(said) - 1)}"
    return [{"type": "section", "block_id": "head", "text": mrkdwn(said)}]


def _sign(bulletin: Bulletin) -> str:
    if bulletin.topic is Topic.STORM:
        return ":rotating_light:"
    return ":warning:" if bulletin.severity > Severity.INFO else ":information_source:"


def _field(label: str, value: str) -> Block:
    name = emphasised(label, "*", LABEL_LIMIT)
    return mrkdwn(f"{name}\n{escape(value, FIELD_LIMIT - len(name) - 1)}")


def _chart(bars: Sequence[Bar], picture: str | None) -> Block:
    if picture is None:
        drawn = {"type": "rich_text_preformatted", "elements": [run("\n".join(text_bars(bars)))]}
        return {"type": "rich_text", "block_id": "chart", "elements": [drawn]}
    said = in_words(bars)
    return {
        "type": "image",
        "block_id": "chart",
        "slack_file": {"id": picture},
        "alt_text": said[: last_cut(said, ALT_LIMIT)],
        "title": {"type": "plain_text", "text": TITLE, "emoji": False},
    }


def _part(part: Part, block_id: str) -> Block:
    elements = [section([run(part.heading, bold=True)])] if part.heading else []
    items = [_item(one) for one in part.items] + ([section([run(part.rest)])] if part.more else [])
    if items:
        elements.append({"type": "rich_text_list", "style": "bullet", "elements": items})
    return {"type": "rich_text", "block_id": block_id, "elements": elements or [section([run("—")])]}


def _item(one: Item) -> Block:
    return section([*titled(one.text, one, bold=False), *([run(f" — {one.remark}")] if one.remark else [])])
