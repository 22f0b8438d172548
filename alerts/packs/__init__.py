"""Alias packs: names of countries, treaties, minerals and more, as data that ``use:`` switches on."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from alerts.errors import TocsinError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FOLDER = Path(__file__).parent


class UnknownPackError(TocsinError):
    """No pack has this name; the message lists those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What one pack holds, in the very form that an analyst writes under ``entities:`` and ``lists:``.

    Beside those keys an entity has ``tests: {match, ignore}``: texts in which it must and must not be found.
    """

    name: str
    title: str
    about: str
    entities: Mapping[str, Mapping[str, Any]]
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    path: Path  # the file it was read from


@cache
def names() -> tuple[str, ...]:
    """Return the names of all packs, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def load(name: str) -> Pack:
    """Read a pack; raises UnknownPackError with the nearest name. What is returned is shared: do not change it."""
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise UnknownPackError(f'there is no pack called "{name}"{hint} There are: {", ".join(names())}')
    path = _FOLDER / f"{name}.yaml"
    data = read_texts(path)
    return Pack(
        name=name,
        title=data["title"],
        about=data["about"],
        entities=data.get("entities", {}),
        lists=data.get("lists", {}),
        path=path,
    )


def read_texts(path: Path) -> Any:
    """Read a YAML file in which every plain word is a text: ``NO`` stays Norway and ``on`` stays a word."""
    return _Texts(path.read_text(encoding="utf-8")).get_single_data()


class _Texts(yaml.CSafeLoader):
    """Takes no plain word for anything but a text."""


_Texts.yaml_implicit_resolvers = {}
