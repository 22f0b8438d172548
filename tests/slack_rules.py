"""What Slack refuses in a message, and what in an accepted one would ping or deceive people."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.slack_views import block_errors

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL_BLOCKS_LIMIT = 11_300
TEXT_LIMIT = 3000
METADATA_LIMIT = 8000

_BLOCK_KEYS = {
    "context": {"elements"},
    "rich_text": {"elements"},
    "section": {"text", "fields", "accessory"},
    "header": {"text"},
    "divider": set[str](),
    "actions": {"elements"},
    "image": {"slack_file", "image_url", "alt_text", "title"},
}
_RUN_KEYS = {
    "text": {"text", "style"},
    "link": {"url", "text", "style", "unsafe"},
    "emoji": {"name", "unicode", "style"},
    "user": {"user_id", "style"},
    "usergroup": {"usergroup_id", "style"},
    "channel": {"channel_id", "style"},
    "broadcast": {"range", "style"},
}
_PING = re.compile(r"<(?:!(?:channel|here|everyone|subteam\^[^>]*)|@[UW][A-Z0-9]+|#C[A-Z0-9]+)(?:\|[^>]*)?>")
_LOOSE_PING = re.compile(r"@(?:channel|here|everyone)\b")
_ENTITY = re.compile(r"<([^<>]*)>")
_PROMISE = re.compile(r"(?:[a-z][a-z0-9+.-]*://|\bwww\.)([^\s/|<>()]+)|\b((?:[\w-]+\.)+[a-z]{2,})\b", re.IGNORECASE)


def refusal(message: dict[str, Any]) -> tuple[str, list[str]] | None:
    """Return Slack's error code for a message and the places it dislikes; None when it is accepted."""
    if not message.get("text") and not message.get("blocks"):
        return "no_text", []
    if code := _metadata_refusal(message.get("metadata")):
        return code, []
    return _blocks_refusal(message.get("blocks"))


def mentions(message: dict[str, Any]) -> list[str]:
    """Return what would ping people or groups when the message is shown."""
    found = [hit for text, _ in _mrkdwn(message) for hit in _PING.findall(text)]
    loud = message.get("link_names") or message.get("parse") == "full"
    found += [hit for text, verbatim in _mrkdwn(message) if loud or not verbatim for hit in _LOOSE_PING.findall(text)]
    runs = {"user", "usergroup", "channel", "broadcast"}
    return found + [str(run) for run in _runs(message) if run["type"] in runs]


def deceptive_links(message: dict[str, Any]) -> list[str]:
    """Return links whose text names another place than they lead to, or that lead to no web page at all."""
    links = [(run["url"], run.get("text") or "") for run in _runs(message) if run["type"] == "link"]
    for text, _ in _mrkdwn(message):
        for body in _ENTITY.findall(text):
            url, _, label = html.unescape(body).partition("|")
            if not url.startswith(("!", "@", "#")):
                links.append((url, label))
    return [f"{label} -> {url}" for url, label in links if _deceives(url, label)]


def _deceives(url: str, label: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        return True
    promised = {(a or b).lower().rpartition("@")[2].removeprefix("www.") for a, b in _PROMISE.findall(label)}
    host = (parts.hostname or "").encode("idna").decode().removeprefix("www.")
    return any(name.partition(":")[0] != host for name in promised)


def _metadata_refusal(metadata: Any) -> str | None:
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        return "invalid_metadata_format"
    if not isinstance(metadata.get("event_payload"), dict):
        return "invalid_metadata_format"
    return "metadata_too_large" if len(json.dumps(metadata)) > METADATA_LIMIT else None


def _blocks_refusal(blocks: Any) -> tuple[str, list[str]] | None:
    if blocks is None:
        return None
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return "invalid_blocks_format", []
    if errors := list(_block_errors(blocks)):
        return "invalid_blocks", errors
    too_long = len(json.dumps(blocks, ensure_ascii=False)) > ALL_BLOCKS_LIMIT
    return ("msg_blocks_too_long", []) if too_long else None


def _block_errors(blocks: list[dict[str, Any]]) -> Iterator[str]:
    if len(blocks) > 50:
        yield "no more than 50 items allowed [json-pointer:/blocks]"
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(ids) != len(set(ids)):
        yield "block_id must be unique [json-pointer:/blocks]"
    for number, block in enumerate(blocks):
        at = f"/blocks/{number}"
        kind = block.get("type")
        if kind not in _BLOCK_KEYS:
            yield f"unsupported type: {kind} [json-pointer:{at}/type]"
            continue
        for key in block.keys() - _BLOCK_KEYS[kind] - {"type", "block_id"}:
            yield f"no additional properties allowed: {key} [json-pointer:{at}]"
        if not 1 <= len(block.get("block_id", "x")) <= 255:
            yield f"must be between 1 and 255 characters [json-pointer:{at}/block_id]"
        yield from _contents(kind, block, at)


def _contents(kind: str, block: dict[str, Any], at: str) -> Iterator[str]:
    if kind == "context":
        elements = block.get("elements") or []
        if not 1 <= len(elements) <= 10:
            yield f"must provide between 1 and 10 items [json-pointer:{at}/elements]"
        for number, element in enumerate(elements):
            yield from _text_object(element, f"{at}/elements/{number}", TEXT_LIMIT)
    elif kind == "section":
        if "text" not in block and not block.get("fields"):
            yield f"missing required field: text [json-pointer:{at}]"
        for element in [block["text"]] if "text" in block else []:
            yield from _text_object(element, f"{at}/text", TEXT_LIMIT)
    elif kind == "header":
        yield from _text_object(block.get("text", {}), f"{at}/text", 150, {"plain_text"})
    elif kind == "actions":
        yield from block_errors([block])
    elif kind in {"rich_text", "image"}:
        yield from {"rich_text": _rich_text, "image": _image}[kind](block, at)


def _image(block: dict[str, Any], at: str) -> Iterator[str]:
    if not 1 <= len(block.get("alt_text") or "") <= 2000:
        yield f"must be more than 0 and less than 2001 characters [json-pointer:{at}/alt_text]"
    if "image_url" in block:  # as good as any address: it may be there for us, and not for Slack
        yield f"downloading image failed [json-pointer:{at}/image_url]"
    elif not block.get("slack_file", {}).get("id"):
        yield f"missing required field: slack_file [json-pointer:{at}]"
    if "title" in block:
        yield from _text_object(block["title"], f"{at}/title", 2000, {"plain_text"})


def _text_object(
    element: dict[str, Any], at: str, limit: int, kinds: frozenset[str] | set[str] = frozenset({"mrkdwn", "plain_text"})
) -> Iterator[str]:
    if element.get("type") not in kinds:
        yield f"unsupported type: {element.get('type')} [json-pointer:{at}/type]"
    if not 1 <= len(element.get("text") or "") <= limit:
        yield f"must be more than 0 and less than {limit + 1} characters [json-pointer:{at}/text]"
    allowed = {"type", "text", "verbatim"} if element.get("type") == "mrkdwn" else {"type", "text", "emoji"}
    for key in element.keys() - allowed:
        yield f"no additional properties allowed: {key} [json-pointer:{at}]"


def _rich_text(block: dict[str, Any], at: str) -> Iterator[str]:
    if not block.get("elements"):
        yield f"must provide at least 1 item [json-pointer:{at}/elements]"
    for number, part in enumerate(block.get("elements") or []):
        where = f"{at}/elements/{number}"
        if part.get("type") == "rich_text_list":
            if part.get("style") not in {"bullet", "ordered"}:
                yield f"must be one of bullet, ordered [json-pointer:{where}/style]"
            if any(item.get("type") != "rich_text_section" for item in part.get("elements") or []):
                yield f"a list holds sections only [json-pointer:{where}/elements]"
            yield from _rich_text(part, where)
            continue
        if part.get("type") not in {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}:
            yield f"unsupported type: {part.get('type')} [json-pointer:{where}/type]"
        if not part.get("elements"):
            yield f"must provide at least 1 item [json-pointer:{where}/elements]"
        for index, run in enumerate(part.get("elements") or []):
            yield from _run(run, f"{where}/elements/{index}")


def _run(run: dict[str, Any], at: str) -> Iterator[str]:
    kind = run.get("type")
    if kind not in _RUN_KEYS:
        yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        return
    for key in run.keys() - _RUN_KEYS[kind] - {"type"}:
        yield f"no additional properties allowed: {key} [json-pointer:{at}]"
    if kind == "text" and not run.get("text"):
        yield f"must be more than 0 characters [json-pointer:{at}/text]"
    if kind == "link":
        url = run.get("url") or ""
        if not 1 <= len(url) <= 3000 or urlsplit(url).scheme not in {"http", "https", "mailto"}:
            yield f"must be a valid URL of less than 3001 characters [json-pointer:{at}/url]"


def _mrkdwn(message: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield every text that Slack parses, and whether it is verbatim; the message's own text is parse=none."""
    if message.get("text"):
        yield message["text"], True
    for block in message.get("blocks") or ():
        texts = [*block.get("elements", []), *block.get("fields", []), block.get("text")]
        for text in texts:
            if isinstance(text, dict) and text.get("type") == "mrkdwn":
                yield text["text"], bool(text.get("verbatim"))


def _runs(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for block in message.get("blocks") or ():
        if block["type"] == "rich_text":
            for part in block["elements"]:
                sections = part["elements"] if part["type"] == "rich_text_list" else [part]
                for section in sections:
                    yield from section["elements"]
