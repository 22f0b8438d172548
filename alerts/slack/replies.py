"""Answers that only the asker sees: plain words as blocks in which Slack parses nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from alerts.card import clean
from alerts.graphemes import last_cut
from alerts.slack.elements import TEXT_LIMIT, escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Block = dict[str, Any]

# What Slack allows of a response_url.
USES = 5
LIFE = timedelta(minutes=30)

PART_LIMIT = 3000  # characters; as blocks far below what Slack refuses, even if each had to be escaped
BUSY = "Tocsin is busy with what others asked for. Nothing was done: please try again in a minute."


def replies(text: str, *, verbatim: bool = False, button: Block | None = None) -> Sequence[dict[str, Any]]:
    """Return the bodies to post to a response_url one after the other, at most USES of them.

    ``verbatim`` sets the text as code, to be copied; ``button`` follows the last part. A text that needs more parts
    than Slack takes says at its end how much of it is missing.
    """
    tidy = _tidy(text, verbatim=verbatim) or "(nothing)"
    parts = list(_parts(tidy))
    if len(parts) > USES:
        left = sum(len(part) for part in parts[USES - 1 :])
        parts = [*parts[: USES - 1], f"… {left} more characters do not fit here."]
    buttons = [{"type": "actions", "block_id": "undo", "elements": [button]}] if button else []
    return [
        _body(part, verbatim=verbatim, after=buttons if number == len(parts) else [])
        for number, part in enumerate(parts, 1)
    ]


def _body(text: str, *, verbatim: bool, after: list[Block]) -> dict[str, Any]:
    kind = "rich_text_preformatted" if verbatim else "rich_text_section"
    said = {"type": kind, "elements": [{"type": "text", "text": text}]}
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": escape(text, TEXT_LIMIT),
        "blocks": [{"type": "rich_text", "block_id": "answer", "elements": [said]}, *after],
    }


def _tidy(text: str, *, verbatim: bool) -> str:
    """Make every line clean; what is to be copied keeps its blanks, as an indent means something."""
    lines = (
        "".join(part if part.isspace() else clean(part, len(part) + 1) for part in re.split("( +)", line))
        if verbatim
        else clean(line, len(line) + 1)
        for line in text.splitlines()
    )
    return "\n".join(lines).strip("\n")


def _parts(text: str) -> Iterator[str]:
    """Cut a text where a line ends, or where it must be."""
    while len(text) > PART_LIMIT:
        end = text.rfind("\n", 1, PART_LIMIT)
        end = end if end > 0 else last_cut(text, PART_LIMIT)
        yield text[:end]
        text = text[end:].removeprefix("\n")
    if text:
        yield text
