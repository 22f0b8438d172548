"""CSS selectors and regular expressions of a source, checked where they are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from alerts.rules.regexes import fault_of_regex
from crawler.config import values
from spiders.source import Selectors

if TYPE_CHECKING:
    from crawler.config.nodes import Item, Section

_PARTS = ("title", "body", "date")
_AT = re.compile(r" at (\d+)>")
_LONGEST = 1_000  # characters


def read_selectors(section: Section) -> Selectors | None:
    """Read ``article:``; None when it names no part."""
    found = {part: read_css(section, part) for part in _PARTS}
    return Selectors(**found) if any(found.values()) else None


def read_css(section: Section, key: str) -> str | None:
    """Read a CSS selector; None when it is absent, or unusable, which is noted at the character."""
    item = section.get(key)
    selector = item.read(values.text) if item else None
    if item is None or selector is None:
        return None
    fault = _fault_of_css(selector)
    if fault is None:
        return selector
    message, hint, offset = fault
    _note(item, offset, f"`{key}` is not a selector that can be used: {message}", hint)
    return None


def read_pattern(section: Section, key: str) -> str | None:
    """Read a regular expression (RE2); None when it is absent, or unusable, which is noted."""
    item = section.get(key)
    pattern = item.read(values.text) if item else None
    if item is None or pattern is None:
        return None
    fault = fault_of_regex(pattern)
    if fault:
        item.error(f"`{key}`: {fault[0]}", fault[1])
    return None if fault else pattern


def _fault_of_css(selector: str) -> tuple[str, str, int] | None:
    """Return what is wrong with a selector, the way out, and at which character."""
    import cssselect

    hint = "write CSS, such as `article h2 > a`"
    if len(selector) > _LONGEST:
        return f"it is longer than {_LONGEST} characters", hint, 0
    try:
        if any(one.pseudo_element for one in cssselect.parse(selector)):
            offset = max(selector.find("::"), 0)
            return "it must choose elements, not parts of them", f"leave `{selector[offset:]}` out", offset
        cssselect.HTMLTranslator().css_to_xpath(selector)
    except (cssselect.SelectorError, RecursionError) as error:
        found = _AT.search(str(error))
        return str(error).rstrip("."), hint, int(found[1]) if found else 0
    return None


def _note(item: Item, offset: int, message: str, hint: str) -> None:
    text = item.text()
    lead = len(text.value) - len(text.value.lstrip()) if text else 0
    place = text.at(offset + lead) if text else item.place
    item.context.findings.error(place, message, hint)
