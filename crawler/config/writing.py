"""Sources as a person would write them: only what differs from what holds anyway."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import yaml

from crawler.config import values
from crawler.config.slug import source_id
from spiders.source import DEFAULT_BACKLOG, Fulltext, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

Written = str | int | list[str] | dict[str, str]

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_STR = "tag:yaml.org,2002:str"


def as_mapping(source: Source) -> dict[str, Written]:
    """Return the keys and values that say what a source is; headers and credentials are never among them."""
    article = source.article
    pace = source.cron or (values.spell(source.every) if source.every else None)
    found: dict[str, Written | None] = {
        "id": source.id if source.id != source_id(source.url) else None,
        "url": source.url,
        "name": source.name if source.name != _host(source) else None,
        "kind": source.kind if source.kind != "auto" else None,
        "every": pace,
        "fulltext": str(source.fulltext) if source.fulltext is not Fulltext.AUTO else None,
        "language": source.language,
        "country": source.country,
        "tier": source.tier if source.tier != Source.__dataclass_fields__["tier"].default else None,
        "type": source.type,
        "tags": list(source.tags),
        "backlog": _backlog(source) if source.backlog != DEFAULT_BACKLOG else None,
        "timezone": source.timezone.key if source.timezone else None,
        "links": source.links,
        "links_match": source.links_match,
        "next": source.next,
        "pages": source.pages if source.pages > 1 else None,
        "article": {part: css for part in ("title", "body", "date") if (css := getattr(article, part, None))},
        "render": "browser" if source.render else None,
    }
    return {key: value for key, value in found.items() if value}


def as_lines(entry: Mapping[str, Written]) -> list[str]:
    """Write an entry of ``sources:`` as lines, without the indent of the list."""
    lines = [f"{key}: {_value(value)}" for key, value in entry.items()]
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def as_flow(entry: Mapping[str, Written]) -> str:
    """Write an entry of ``sources:`` on one line, in braces."""
    return "{" + ", ".join(f"{key}: {_value(value)}" for key, value in entry.items()) + "}"


def _value(value: Written) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_scalar(one)}" for key, one in value.items()) + "}"
    return _scalar(value)


def _scalar(text: str) -> str:
    """Write a text with quotes where YAML needs them.

    ``${`` would be taken for a variable, and there is no way to quote it: names come from strangers.
    """
    safe = text.replace("${", "$ {")
    try:
        node = yaml.compose(f"[{safe}]", Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        node = None
    if isinstance(node, yaml.SequenceNode) and len(node.value) == 1 and "\n" not in safe:
        (found,) = node.value
        if isinstance(found, yaml.ScalarNode) and (found.tag, found.value) == (_STR, safe) and not found.style:
            return safe
    quoted = json.dumps(safe, ensure_ascii=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)


def _host(source: Source) -> str:
    return source.host.partition(":")[0].removeprefix("www.")


def _backlog(source: Source) -> str:
    if source.backlog == source.backlog.max:
        return "all"
    return values.spell(source.backlog) if source.backlog else "none"
