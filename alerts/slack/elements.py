"""What Slack's messages are made of: runs, sections and contexts that carry text of others safely, and our limits."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, Protocol

from alerts.graphemes import last_cut

if TYPE_CHECKING:
    Block = dict[str, Any]

# Ours, well inside Slack's. Slack publishes no limit for all blocks together; it refuses about 11,300 characters.
TEXT_LIMIT = 3500  # Slack's chat.update refuses 4,000
BLOCKS_LIMIT = 9000  # of the serialised blocks
CONTEXT_LIMIT = 2900  # Slack: 3,000 a text
FIELD_LIMIT = 1900  # Slack: 2,000
FIELDS_LIMIT = 10  # of a section


class Linked(Protocol):
    """Something with a title that may be clicked on."""

    @property
    def link(self) -> str | None:
        """Where it leads; None when nothing is safe to click."""

    @property
    def host(self) -> str | None:
        """The host of ``link``."""

    @property
    def title_is_an_address(self) -> bool:
        """Whether the title names a web address, so that as a link's text it could deceive."""


def size(blocks: list[Block]) -> int:
    """Return how many characters the blocks take when they are written as JSON."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def escape(text: str, limit: int) -> str:
    """Escape the three characters that mean something to Slack, and cut before the result passes ``limit``."""
    escaped = html.escape(text, quote=False)
    if len(escaped) <= limit:
        return escaped
    room, end = limit - 1, 0
    for char in text:
        room -= len(html.escape(char, quote=False))
        if room < 0:
            break
        end += 1
    return html.escape(text[: last_cut(text, end)], quote=False).rstrip() + "…"


def emphasised(text: str, mark: str, limit: int) -> str:
    """Return escaped text between marks, or without them where its own would come into their way."""
    escaped = escape(text, limit)
    return escaped if set(text) & set("_*~`") else f"{mark}{escaped}{mark}"


def context(block_id: str, text: str) -> Block:
    """Return small print of escaped text."""
    return {"type": "context", "block_id": block_id, "elements": [mrkdwn(text)]}


def small_print(block_id: str, text: str) -> Block:
    """Return small print of text of others, in which nothing is parsed."""
    plain = {"type": "plain_text", "text": text, "emoji": False}
    return {"type": "context", "block_id": block_id, "elements": [plain]}


def mrkdwn(text: str) -> Block:
    """Return escaped text in which Slack looks for no names and no addresses."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def section(runs: list[Block]) -> Block:
    """Return a line of rich text."""
    return {"type": "rich_text_section", "elements": runs}


def titled(title: str, of: Linked, *, bold: bool) -> list[Block]:
    """Return a title to click on, or beside what is to click on where it would promise another place."""
    if of.link is None:
        return [run(title, bold=bold)]
    link = {"type": "link", "url": of.link} | ({"style": {"bold": True}} if bold else {})
    if of.title_is_an_address:
        return [run(f"{title} ", bold=bold), link | {"text": of.host}]
    return [link | {"text": title}]


def run(text: str, *, bold: bool = False) -> Block:
    """Return text in which nothing is parsed."""
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})
