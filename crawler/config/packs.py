"""``use:``: the packs that come with Tocsin, as the rule compiler wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alerts.errors import Place
from alerts.packs import load, names
from alerts.rules.spec import AliasSpec, EntitySpec, ListSpec, Specs, Text
from crawler.config import values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from alerts.packs import Pack

__all__ = ["is_within", "load", "pack_name", "specs_of"]

_FILE = "pack:"  # what places in packs have for the beginning of their file


def pack_name(value: str) -> str:
    """Read the name of a pack."""
    name = value.strip()
    if name not in names():
        close = values.did_you_mean(name, names())
        raise values.Unusable(
            "is not a pack", f"did you mean `{close}`?" if close else f"there are {', '.join(names())}"
        )
    return name


def is_within(place: Place) -> bool:
    """Say whether a place lies in a pack."""
    return place.file.startswith(_FILE)


def specs_of(used: Iterable[Pack], own: Collection[str]) -> Specs:
    """Return what packs define; a name that the user defines as well, or an earlier pack, is left out."""
    taken = set(own)
    entities, lists = [], []
    for one in used:
        origin = Place(f"{_FILE}{one.name}", 1, 1)
        for name, facts in one.entities.items():
            if name not in taken:
                entities.append(_entity(name, facts, one.name, origin))
        for name, terms in one.lists.items():
            if name not in taken:
                lists.append(ListSpec(id=_text(name, origin), terms=_aliases(terms, origin), pack=one.name))
        taken |= one.entities.keys() | one.lists.keys()
    return Specs(entities=tuple(entities), lists=tuple(lists))


def _entity(name: str, facts: Any, pack_name: str, origin: Place) -> EntitySpec:
    aliases = facts["aliases"]
    by_language = aliases if isinstance(aliases, dict) else {"": aliases}
    return EntitySpec(
        id=_text(name, origin),
        label=facts.get("label", name),
        aliases={language: _aliases(terms, origin) for language, terms in by_language.items()},
        except_=tuple(_text(text, origin) for text in facts.get("except", ())),
        type=facts.get("type"),
        note=facts.get("note"),
        pack=pack_name,
    )


def _aliases(terms: Any, origin: Place) -> tuple[AliasSpec, ...]:
    entries = [terms] if isinstance(terms, str) else terms
    return tuple(_alias({"text": entry} if isinstance(entry, str) else entry, origin) for entry in entries)


def _alias(facts: Any, origin: Place) -> AliasSpec:
    within = facts.get("within", "story")
    return AliasSpec(
        text=_text(facts["text"], origin),
        case=facts.get("case", "any"),
        forms=facts.get("forms", "plural"),
        needs=_text(facts["needs"], origin) if "needs" in facts else None,
        within=int(within) if within.isdigit() else within,
        boundary=facts.get("boundary", "auto"),
        lang_only=facts.get("lang_only") == "true",
    )


def _text(value: str, origin: Place) -> Text:
    return Text(value, ((0, origin),))
