"""The ``entities:`` and ``rules:`` of a configuration, as the rule compiler wants them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import yaml

from alerts.rules.spec import EntitySpec, RuleSpec, Text
from alerts.story import Severity
from crawler.config import values
from crawler.config.nodes import Item, Section

if TYPE_CHECKING:
    from alerts.errors import Place

_BELOW = "put the query on a line of its own below `when: |`"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefaults:
    """What ``defaults:`` says about rules."""

    to: tuple[str, ...] = ()
    severity: Severity = Severity.NOTICE
    to_given: bool = False  # given, though perhaps unusable


def read_entity(key: Item, item: Item) -> EntitySpec | None:
    """Read one entry of ``entities:``; None, with a problem noted, when it has no usable id."""
    identity = replace(key, name="entity").read(values.identifier)
    name = key.text()
    section = Section(item, "entities.*")
    aliases = _read_aliases(section)
    label = section.optional("label", values.text)
    kind = section.optional("type", values.text)
    note = section.optional("note", values.text)
    if identity is None or name is None:
        return None
    return EntitySpec(id=name, label=label or identity, aliases=aliases, type=kind, note=note)


def _read_aliases(section: Section) -> dict[str, tuple[Text, ...]]:
    item = section.get("aliases")
    if item is None:
        return {}
    aliases: dict[str, tuple[Text, ...]] = {}
    if isinstance(item.node, yaml.MappingNode):
        for key, value in item.pairs():
            language = replace(key, name="aliases").read(values.language) or ""
            texts = _alias_texts(replace(value, name="aliases"))
            if texts or not value.lost_word():
                aliases[language] = aliases.get(language, ()) + texts
    else:
        aliases[""] = _alias_texts(item)
    if any(aliases.values()):
        return aliases
    # Where every alias was refused, the id stands in, so that the compiler does not miss them as well.
    return {"": (Text(section.item.name, ((0, item.place),)),)} if _holds_anything(item) else {}


def _holds_anything(item: Item) -> bool:
    """Whether any alias is given, usable or not."""
    if isinstance(item.node, yaml.MappingNode):
        return any(value.node.value and not value.is_null for _, value in item.pairs())
    return bool(item.node.value)


def _alias_texts(item: Item) -> tuple[Text, ...]:
    if isinstance(item.node, yaml.MappingNode):
        _refuse_alias_form(item)
        return ()
    texts = []
    for entry in item.items():
        if isinstance(entry.node, yaml.MappingNode):
            _refuse_alias_form(entry)
        elif entry.read(values.text) is not None and (text := entry.text()) is not None:
            texts.append(text)
    return tuple(texts)


def _refuse_alias_form(item: Item) -> None:
    keys = ", ".join(value.name for _, value in item.pairs())
    item.error(f"an alias with keys ({keys}) is not yet available", "write the alias as a plain text")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A rule as written."""

    spec: RuleSpec | None  # None: no usable id or query, which is noted
    place: Place
    routed: bool  # it says where its alerts go, or the defaults do, though perhaps unusably


def read_rule(item: Item, defaults: RuleDefaults) -> RuleDraft:
    """Read one entry of ``rules:``."""
    section = Section(replace(item, name="an entry of rules"), "rules[]")
    given, query = section.required("id"), section.required("when")
    name = given.text() if given and given.read(values.identifier) else None
    when = _read_query(query) if query else None
    nothing = Text("", ((0, item.place),))
    rule = RuleSpec(
        id=name or nothing,
        name=section.read("name", values.text, name.value if name else ""),
        when=when or nothing,
        severity=section.read("severity", values.severity, defaults.severity),
        to=section.many("to", values.channel) or defaults.to,
        tags=section.many("tags", values.text),
        owner=section.optional("owner", values.text),
        note=section.optional("note", values.text),
        enabled=section.read("enabled", values.flag, default=True),
    )
    return RuleDraft(
        spec=rule if name and when else None,
        place=given.place if given else item.place,
        routed=defaults.to_given or section.tried("to") or not section.is_mapping,
    )


def _read_query(item: Item) -> Text | None:
    """Read ``when:``, and say what YAML takes from an unquoted query."""
    if item.read(values.text) is None or not isinstance(item.node, yaml.ScalarNode):
        return None
    document = item.context.document
    beginning = document.rest_of_line(item.node.start_mark)
    if beginning.startswith(("&", "! ")):
        item.error("YAML takes the beginning of this query for a mark of its own", _BELOW)
    if beginning.startswith(("&", "!")):  # an unknown tag such as !x was noted when the file was read
        return None
    after = document.rest_of_line(item.node.end_mark) if item.node.style in {None, ""} else ""
    if (lost := re.match(r"[ \t]+(#.*)", after)) is not None:
        place = document.place(item.node.end_mark)
        place = replace(place, column=place.column + lost.start(1))
        message = f"`{lost[1].strip()}` is a comment to YAML: the query ends before it"
        item.context.findings.warn(place, message, f"if it belongs to the query, {_BELOW}")
    return item.text()
