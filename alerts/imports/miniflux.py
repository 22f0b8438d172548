"""Miniflux's filters: block and keep rules of its settings, of single feeds, and the older regular expressions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from alerts.errors import ConfigError, Place, Problem
from alerts.imports.drafts import Draft
from alerts.imports.grammar import Part, Reading, Report
from alerts.imports.parts import both, deny, either
from alerts.imports.saved import text_at
from alerts.rules.nodes import Phrase, Regex, Scope, Scoped
from alerts.rules.query import MAX_LENGTH
from alerts.rules.regexes import fault_of_regex
from alerts.rules.spec import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FIELDS = {
    "EntryTitle": Scope.TITLE,
    "EntryURL": Scope.URL,
    "EntryContent": Scope.BODY,
    "EntryAuthor": Scope.AUTHOR,
    "EntryTag": Scope.TAG,
}
_OLDER = (Scope.URL, Scope.TITLE, Scope.AUTHOR, Scope.TAG)  # what a feed's own regular expression is tried on
_SECTION = re.compile(r"#?\s*(block|keep|allow)\b", re.IGNORECASE)
_AGE = re.compile(r"max-age:(\d+)([dhm])")
_KEEP_FIRST = "a Tocsin rule must say what it looks for; say it, and add this after NOT"


@dataclass(slots=True)
class _Filters:
    """What one text or one feed filters by."""

    name: str
    original: Text
    report: Report
    keep: list[Part] = field(default_factory=list)
    block: list[Part] = field(default_factory=list)
    max_age: str | None = None
    errs: list[str] = field(default_factory=list)  # what the rule may find for lack of what was left out

    def lost(self, rules: list[Part], offset: int, message: str, hint: str) -> None:
        """Say that one of the rules was left out: without one to keep less is found, without one to block more."""
        self.report.lost(offset, message, hint)
        errs = "too little" if rules is self.keep else "too much"
        if errs not in self.errs:
            self.errs.append(errs)

    def draft(self, host: str | None = None) -> Draft:
        """Return one query: any of the keep rules, none of the block rules."""
        blocked = _any(self.block)
        tree = _any(self.keep)
        if tree is None and blocked is not None:
            self.report.lost(0, "there are only block rules", _KEEP_FIRST)
        elif tree is not None and blocked is not None:
            tree = both(tree, deny(blocked))
        if tree is not None and host:
            tree = both(Scoped(field=Scope.SOURCE, part=Phrase(text=host)), tree)
        reading = Reading(tree=tree, problems=tuple(self.report.problems))
        return Draft(
            name=self.name, original=self.original, reading=reading, max_age=self.max_age, errs=" or ".join(self.errs)
        )


def read_filters(name: str, content: str) -> Iterator[Draft]:
    """Read what Miniflux's API answers for feeds or a user (JSON), or lines as its settings show them.

    In plain lines a heading (``block`` or ``keep``) says of which kind those that follow are; without one
    they are keep rules. Raises ConfigError for JSON that cannot be read.
    """
    content = content.removeprefix("\ufeff").replace("\r\n", "\n")
    if content.lstrip()[:1] not in {"[", "{"}:
        yield _from_lines(name, content)
        return
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigError([Problem(Place(name, 1, 1), f"this is no JSON: {error}")]) from error
    for number, one in enumerate(found if isinstance(found, list) else [found], start=1):
        if isinstance(one, dict) and any(one.get(key) for key in _KEYS):
            yield _from_feed(name, one, number)


def _from_lines(name: str, content: str) -> Draft:
    whole = text_at(name, content, 0, len(content))
    filters = _Filters("Miniflux filters", whole, Report(whole))
    rules = filters.keep
    for found in re.finditer(r"[^\n]*\S[^\n]*", content):
        line = found[0].strip()
        if heading := _SECTION.match(line) if "=" not in line else None:
            rules = filters.block if heading[1].lower() == "block" else filters.keep
        elif not line.startswith("#"):
            _add(filters, rules, line, found.start())
    return filters.draft()


_KEYS = {
    "block_filter_entry_rules": "block",
    "keep_filter_entry_rules": "keep",
    "blocklist_rules": "older block",
    "keeplist_rules": "older keep",
}


def _from_feed(name: str, feed: Mapping[str, Any], number: int) -> Draft:
    """Read the filters of one feed or user; places count its entries and the lines of its rules."""
    texts = {key: str(feed.get(key) or "") for key in _KEYS}
    original = "\n".join(f"{key}: {value}" for key, value in texts.items() if value)
    title = str(feed.get("title") or feed.get("username") or f"feed {number}")
    place = Place(f"{name} ({title})", number, 1)
    whole = Text(original, ((0, place),))
    filters = _Filters(title, whole, Report(whole))
    for key, kind in _KEYS.items():
        rules = filters.block if "block" in kind else filters.keep
        offset = original.find(f"{key}: ") + len(key) + 2
        if kind.startswith("older"):
            if texts[key] and (kind == "older block" or not filters.keep):
                rules.append(_anywhere(texts[key], filters, rules, offset))
            continue
        for found in re.finditer(r"[^\n]*\S[^\n]*", texts[key]):
            _add(filters, rules, found[0].strip(), offset + found.start())
    address = str(feed.get("site_url") or feed.get("feed_url") or "")
    host = urlsplit(address).hostname
    return filters.draft(host.removeprefix("www.") if host else None)


def _add(filters: _Filters, rules: list[Part], line: str, offset: int) -> None:
    """Read one rule such as ``EntryTitle=(?i)rare earths?``."""
    kind, sign, value = (piece.strip() for piece in line.partition("="))
    if offset > MAX_LENGTH:
        filters.lost(
            rules, offset, f"a rule beyond the first {MAX_LENGTH:,} characters was left out", "import it by itself"
        )
    elif not sign or not value:
        filters.lost(rules, offset, f"no rule of Miniflux's: {line[:60]}", "write EntryTitle=RE2, one rule a line")
    elif scope := _FIELDS.get(kind):
        rules.append(_expression(value, scope, filters, rules, offset))
    elif kind == "EntryDate":
        age = _AGE.fullmatch(value)
        if age and rules is filters.block:
            filters.max_age = f"{age[1]}{age[2]}"
        elif value == "future" and rules is filters.block:
            filters.report.changed(offset, "a date in the future is unknown to Tocsin, and was not carried")
        else:
            hint = "only: {max_age: 3d} is what a rule can say of dates"
            filters.lost(rules, offset, f"the date {value} was left out", hint)
    else:
        filters.lost(rules, offset, f"{kind} was left out", f"Tocsin knows {', '.join(_FIELDS)}")


def _expression(pattern: str, scope: Scope, filters: _Filters, rules: list[Part], offset: int) -> Part:
    pattern = re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", pattern)
    if fault := fault_of_regex(pattern):
        filters.lost(rules, offset, *fault)
        return None
    return Scoped(field=scope, part=Regex(pattern=pattern))


def _anywhere(pattern: str, filters: _Filters, rules: list[Part], offset: int) -> Part:
    whole: Part = None
    for scope in _OLDER if fault_of_regex(pattern) is None else _OLDER[:1]:
        whole = either(whole, _expression(pattern, scope, filters, rules, offset))
    return whole


def _any(parts: list[Part]) -> Part:
    whole: Part = None
    for part in parts:
        whole = either(whole, part)
    return whole
