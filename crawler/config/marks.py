"""A mark for each rule and each name: equal as long as it says the same, wherever it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from alerts.rules.spec import Text

if TYPE_CHECKING:
    from alerts.rules.spec import EntitySpec, ListSpec, QuerySpec, Specs


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of all that the user wrote about rules, by id."""

    rules: Mapping[str, bytes] = field(default_factory=dict)
    names: Mapping[str, bytes] = field(default_factory=dict)  # of entities, lists and queries


def marks_of(specs: Specs) -> Marks:
    """Mark every rule and every name."""
    named: list[EntitySpec | ListSpec | QuerySpec] = [*specs.entities, *specs.lists, *specs.queries]
    return Marks(
        rules={spec.id.value: _mark(spec) for spec in specs.rules},
        names={spec.id.value: _mark(spec) for spec in named},
    )


def _mark(spec: object) -> bytes:
    return blake2b(repr(_content(spec)).encode(errors="surrogatepass"), digest_size=8).digest()


def _content(value: object) -> object:
    """Return a value without the places of its texts."""
    if isinstance(value, Text):
        return value.value
    if isinstance(value, tuple):
        return [_content(inner) for inner in value]
    if isinstance(value, Mapping):
        return [(key, _content(inner)) for key, inner in value.items()]
    kind: Any = type(value)
    names = _names(kind)
    return [_content(getattr(value, name)) for name in names] if names else value


@cache
def _names(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass; none for any other type."""
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else ()
