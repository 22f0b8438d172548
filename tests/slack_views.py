"""What Slack refuses in buttons, menus and home pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = {
    "header": {"text"},
    "divider": set[str](),
    "context": {"elements"},
    "section": {"text", "fields", "accessory"},
    "actions": {"elements"},
    "rich_text": {"elements"},
}
_ELEMENT_KEYS = {
    "button": {"text", "action_id", "value", "style", "confirm", "accessibility_label", "url"},
    "overflow": {"action_id", "options", "confirm"},
}


def view_errors(view: dict[str, Any]) -> list[str]:
    """Return what Slack dislikes about a home view."""
    return list(_view_errors(view))


def block_errors(blocks: list[dict[str, Any]], most: int = 50) -> list[str]:
    """Return what Slack dislikes about blocks that hold buttons; what rich_text holds is not looked at."""
    return list(_block_errors(blocks, most))


def _view_errors(view: dict[str, Any]) -> Iterator[str]:
    if view.get("type") != "home":
        yield "must be a home view [json-pointer:/view/type]"
    for key in view.keys() - {"type", "blocks", "callback_id", "private_metadata", "external_id"}:
        yield f"no additional properties allowed: {key} [json-pointer:/view]"
    if len(json.dumps(view).encode()) > 250_000:
        yield "view is larger than 250 kB [json-pointer:/view]"
    yield from _block_errors(view.get("blocks") or [], 100)


def _block_errors(blocks: list[dict[str, Any]], most: int) -> Iterator[str]:
    if not 1 <= len(blocks) <= most:
        yield f"must provide between 1 and {most} items [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block_id must be unique [json-pointer:/blocks]"
    for number, block in enumerate(blocks):
        at, kind = f"/blocks/{number}", block.get("type")
        if kind not in _KEYS:
            yield f"unsupported type: {kind} [json-pointer:{at}]"
            continue
        for key in block.keys() - _KEYS[kind] - {"type", "block_id"}:
            yield f"no additional properties allowed: {key} [json-pointer:{at}]"
        yield from _long(block.get("block_id", "x"), 255, f"{at}/block_id")
        yield from _inside(kind, block, at)


def _inside(kind: str, block: dict[str, Any], at: str) -> Iterator[str]:
    if kind == "header":
        yield from _text(block["text"], 150, f"{at}/text", {"plain_text"})
    elif kind == "section":
        yield from _text(block["text"], 3000, f"{at}/text")
        if "accessory" in block:
            yield from _element(block["accessory"], f"{at}/accessory")
    elif kind == "context":
        if not 1 <= len(block["elements"]) <= 10:
            yield f"must provide between 1 and 10 items [json-pointer:{at}]"
        for element in block["elements"]:
            yield from _text(element, 3000, at)
    elif kind == "actions":
        yield from _actions(block, at)


def _actions(block: dict[str, Any], at: str) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= 25:
        yield f"must provide between 1 and 25 items [json-pointer:{at}]"
    ids = [element.get("action_id") for element in block["elements"]]
    if len(ids) != len(set(ids)):
        yield f"action_id must be unique [json-pointer:{at}]"
    for element in block["elements"]:
        yield from _element(element, at)


def _element(element: dict[str, Any], at: str) -> Iterator[str]:
    kind = element.get("type")
    if kind not in _ELEMENT_KEYS:
        yield f"unsupported type: {kind} [json-pointer:{at}]"
        return
    for key in element.keys() - _ELEMENT_KEYS[kind] - {"type"}:
        yield f"no additional properties allowed: {key} [json-pointer:{at}]"
    yield from _long(element.get("action_id", ""), 255, f"{at}/action_id")
    if kind == "button":
        yield from _text(element["text"], 75, f"{at}/text", {"plain_text"})
        yield from _long(element.get("value", "x"), 2000, f"{at}/value")
        yield from _long(element.get("accessibility_label", "x"), 75, f"{at}/accessibility_label")
    else:
        if not 1 <= len(element["options"]) <= 5:
            yield f"must provide between 1 and 5 items [json-pointer:{at}/options]"
        for option in element["options"]:
            yield from _text(option["text"], 75, f"{at}/options", {"plain_text"})
            yield from _long(option["value"], 150, f"{at}/options")
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{at}/confirm")


def _confirm(dialog: dict[str, Any], at: str) -> Iterator[str]:
    for part, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        kinds = {"plain_text"} | ({"mrkdwn"} if part == "text" else set())
        yield from _text(dialog[part], most, f"{at}/{part}", kinds)


def _text(text: dict[str, Any], most: int, at: str, kinds: set[str] | None = None) -> Iterator[str]:
    if text.get("type") not in (kinds or {"plain_text", "mrkdwn"}):
        yield f"unsupported type: {text.get('type')} [json-pointer:{at}]"
    allowed = {"type", "text", "verbatim"} if text.get("type") == "mrkdwn" else {"type", "text", "emoji"}
    for key in text.keys() - allowed:
        yield f"no additional properties allowed: {key} [json-pointer:{at}]"
    yield from _long(text.get("text") or "", most, at)


def _long(text: str, most: int, at: str) -> Iterator[str]:
    if not 1 <= len(text) <= most:
        yield f"must be between 1 and {most} characters [json-pointer:{at}]"
