"""JSON-LD in pages: schema.org objects, also from scripts that are no valid JSON."""

from __future__ import annotations

import html as entities
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import html

Object = dict[str, Any]

_SCRIPTS = 50
_OBJECTS = 2_000
_DEPTH = 12
_SCRIPT_LIMIT = 2_000_000  # characters
_WRAPPING = re.compile(r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)|(?:-->|\]\]>|;)\s*$")
_COMMA = re.compile(r"(?<=[}\]\"\d])\s*,(\s*[}\]])")
_NEXT = re.compile(r"(?<=})\s*(?={)")  # two objects without a comma between them
_ESCAPE = re.compile(r'\\(?!["\\/bfnrtu])')


def objects(root: html.HtmlElement) -> tuple[Object, ...]:
    """Return every object of a page that has a type, outer ones first; what cannot be read is left out."""
    found: list[Object] = []
    scripts = [element for element in root.iter("script") if "ld+json" in (element.get("type") or "").lower()]
    for script in scripts[:_SCRIPTS]:
        text = "".join(script.itertext())
        if len(text) <= _SCRIPT_LIMIT:
            found.extend(_typed(_loaded(text), 0))
    return tuple(found[:_OBJECTS])


def types_of(item: Object) -> frozenset[str]:
    """Return the object's types without their vocabulary: ``NewsArticle``."""
    kinds = item.get("@type")
    names = kinds if isinstance(kinds, list) else [kinds]
    return frozenset(re.split(r"[/#:]", name)[-1] for name in names if isinstance(name, str))


def text_of(value: object) -> str:
    """Return a value's text: itself, its ``@value``, its name, or that of the first of a list; else ""."""
    for _ in range(_DEPTH):
        if isinstance(value, str):
            return entities.unescape(value).strip()
        if isinstance(value, list):
            value = next((one for one in value if one), None)
        elif isinstance(value, dict):
            value = value.get("@value") or value.get("name") or value.get("@id")
        else:
            return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
    return ""


def objects_in(value: object) -> list[Object]:
    """Return the objects of a value: itself, or those of a list."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def address_of(value: object) -> str:
    """Return an address: a value's own, its ``url``, its ``contentUrl``, or that of the first of a list; else ""."""
    if isinstance(value, list):
        value = next((one for one in value if one), None)
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
    return text_of(value)


def names_of(value: object) -> list[str]:
    """Return the names of a list of persons or words, of one, or of a text with commas left as they are."""
    values = value if isinstance(value, list) else [value]
    return [name for one in values if (name := text_of(one))]


def _loaded(text: str) -> object:
    """Return the value of a script, mended where it is damaged in one of the usual ways; None: it cannot be read."""
    text = _WRAPPING.sub("", _WRAPPING.sub("", text.strip())).strip()
    for mend in (str, _mended):
        try:
            return json.loads(mend(text), strict=False)
        except (ValueError, RecursionError):
            continue
    try:  # what follows the first value is of no use
        return json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None


def _mended(text: str) -> str:
    if "&quot;" in text and '"' not in text:
        text = entities.unescape(text)
    text = _ESCAPE.sub(r"\\\\", _COMMA.sub(r"\1", text))
    several = _NEXT.sub(",", text)
    return f"[{several}]" if several != text and text.startswith("{") else text


def _typed(value: object, depth: int) -> Iterator[Object]:
    if depth > _DEPTH:
        return
    if isinstance(value, list):
        for one in value:
            yield from _typed(one, depth + 1)
    elif isinstance(value, dict):
        if value.get("@type"):
            yield value
        for one in value.values():
            if isinstance(one, dict | list):
                yield from _typed(one, depth + 1)
