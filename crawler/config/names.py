"""What ``$name`` may stand for: ``entities:``, ``lists:`` and ``queries:``, as the rule compiler wants them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import yaml

from alerts.rules.spec import AliasSpec, EntitySpec, ListSpec, QuerySpec, Text
from crawler.config import values
from crawler.config.nodes import Section

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from alerts.rules.spec import Within
    from crawler.config.nodes import Item

BELOW = "put the query on a line of its own below `when: |`"
_IN_A_LIST = "put an alias that has keys into a list: `[{text: …}]`"


def read_entity(key: Item, item: Item) -> EntitySpec | None:
    """Read one entry of ``entities:``; None, with a problem noted, when it has no usable id."""
    identity = replace(key, name="entity").read(values.identifier)
    name = key.text()
    section = Section(item, "entities.*")
    aliases = _read_aliases(section)
    label = section.optional("label", values.text)
    kind = section.optional("type", values.text)
    note = section.optional("note", values.text)
    exceptions = read_texts(section, "except")
    if identity is None or name is None:
        return None
    return EntitySpec(id=name, label=label or identity, aliases=aliases, except_=exceptions, type=kind, note=note)


def read_list(key: Item, item: Item) -> ListSpec | None:
    """Read one entry of ``lists:``; None, with a problem noted, when it has no usable id."""
    identity = replace(key, name="list").read(values.identifier)
    name = key.text()
    terms = _alias_specs(item.items())
    if not terms and _holds_anything(item):
        terms = (_stand_in(item),)
    return None if identity is None or name is None else ListSpec(id=name, terms=terms)


def read_saved_query(key: Item, item: Item) -> QuerySpec | None:
    """Read one entry of ``queries:``; None, with a problem noted, when it has no usable id or query."""
    identity = replace(key, name="query").read(values.identifier)
    name = key.text()
    when = read_query(item)
    return None if identity is None or name is None or when is None else QuerySpec(id=name, when=when)


def read_query(item: Item) -> Text | None:
    """Read a query, and say what YAML takes from one that is not quoted."""
    if item.read(values.text) is None or not isinstance(item.node, yaml.ScalarNode):
        return None
    document = item.context.document
    beginning = document.rest_of_line(item.node.start_mark)
    if beginning.startswith(("&", "! ")):
        item.error("YAML takes the beginning of this query for a mark of its own", BELOW)
    if beginning.startswith(("&", "!")):  # an unknown tag such as !x was noted when the file was read
        return None
    after = document.rest_of_line(item.node.end_mark) if item.node.style in {None, ""} else ""
    if (lost := re.match(r"[ \t]+(#.*)", after)) is not None:
        place = document.place(item.node.end_mark)
        place = replace(place, column=place.column + lost.start(1))
        message = f"`{lost[1].strip()}` is a comment to YAML: the query ends before it"
        item.context.findings.warn(place, message, f"if it belongs to the query, {BELOW}")
    return item.text()


def read_texts(section: Section, key: str) -> tuple[Text, ...]:
    """Return the usable entries of a list of texts, with their places."""
    texts = (entry.text() for entry in section.entries(key) if entry.read(values.text) is not None)
    return tuple(text for text in texts if text is not None)


def _read_aliases(section: Section) -> dict[str, tuple[AliasSpec, ...]]:
    item = section.get("aliases")
    if item is None:
        return {}
    aliases: dict[str, tuple[AliasSpec, ...]] = {}
    if isinstance(item.node, yaml.MappingNode):
        for key, value in item.pairs():
            if key.node.value == "text":
                key.error("an alias cannot stand here by itself", _IN_A_LIST)
                continue
            language = replace(key, name="aliases").read(values.language) or ""
            entry = replace(value, name="aliases")
            specs = _alias_specs([entry] if isinstance(value.node, yaml.MappingNode) else entry.items())
            if specs or not value.lost_word():
                aliases[language] = aliases.get(language, ()) + specs
    else:
        aliases[""] = _alias_specs(item.items())
    if any(aliases.values()):
        return aliases
    # Where every alias was refused, the id stands in, so that the compiler does not miss them as well.
    return {"": (_stand_in(section.item),)} if _holds_anything(item) else {}


def _stand_in(item: Item) -> AliasSpec:
    return AliasSpec(text=Text(item.name, ((0, item.place),)))


def _holds_anything(item: Item) -> bool:
    """Whether any term is given, usable or not."""
    if isinstance(item.node, yaml.MappingNode):
        return any(value.node.value and not value.is_null for _, value in item.pairs())
    return bool(item.node.value) and not item.is_null


def _alias_specs(entries: Iterable[Item]) -> tuple[AliasSpec, ...]:
    specs = (_alias_spec(entry) for entry in entries)
    return tuple(spec for spec in specs if spec)


def _alias_spec(item: Item) -> AliasSpec | None:
    if not isinstance(item.node, yaml.MappingNode):
        text = item.text() if item.read(values.text) is not None else None
        return AliasSpec(text=text) if text else None
    section = Section(replace(item, name="an alias"), "entities.*.aliases[]")
    given, needs = section.required("text"), section.get("needs")
    text = given.text() if given and given.read(values.text) is not None else None
    spec = AliasSpec(
        text=text or Text("", ((0, item.place),)),
        case=cast('Literal["any", "exact"]', section.read("case", values.choice("any", "exact"), "any")),
        forms=cast(
            'Literal["plural", "exact", "stem"]',
            section.read("forms", values.choice("plural", "exact", "stem"), "plural"),
        ),
        needs=read_query(needs) if needs else None,
        within=section.read("within", _within, "story"),
        boundary=cast(
            'Literal["auto", "word", "none"]', section.read("boundary", values.choice("auto", "word", "none"), "auto")
        ),
        lang_only=section.read("lang_only", values.flag, default=False),
    )
    if (within := section.get("within")) and not section.tried("needs"):
        within.error("`within` says where `needs` must hold, and there is no `needs`", "write `needs: …`, or remove it")
    return spec if text else None


def _within(value: str) -> Within:
    word = value.strip()
    if number := re.fullmatch(r"([0-9]{1,4})(?: words?)?", word):
        return values.whole(1, 1000)(number[1])
    if re.fullmatch(r"[0-9].*", word):
        raise values.Unusable("is not a number of words", "write a number such as 12")
    return cast("Within", values.choice("story", "paragraph", "sentence")(word))
