"""A short name of what rules were compiled from, the same wherever and whenever that is the same."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

from alerts.rules.spec import NO_QUIET, OPEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alerts.rules.spec import AliasSpec, EntitySpec, ListSpec, QuerySpec, RuleSpec, Specs

    Texts = Sequence[str]

Spec = TypeVar("Spec")

_AT_ONCE = 1_000  # specs that are written together, property by property: several times faster than one by one


def revision_of(specs: Specs) -> str:
    """Hash everything that decides what matches and how, but not where it stands or how it is tested."""
    digest = blake2b(digest_size=6)
    written = _Written()
    for columns in (
        _in_parts(specs.entities, written.entities),
        _in_parts(specs.lists, written.lists),
        _in_parts(specs.queries, written.queries),
        _in_parts(specs.rules, written.rules),
    ):
        digest.update(b"\0")
        for texts in columns:
            lengths = list(map(len, texts))  # they tell where each text ends
            digest.update(f"{lengths}{''.join(texts)}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _in_parts(specs: Sequence[Spec], columns: Callable[[Sequence[Spec]], Iterator[Texts]]) -> Iterator[Texts]:
    for start in range(0, len(specs), _AT_ONCE):
        yield from columns(specs[start : start + _AT_ONCE])


class _Written:
    """Writes specs as columns of texts, and remembers what many of them have in common."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], str] = {}

    def entities(self, specs: Sequence[EntitySpec]) -> Iterator[Texts]:
        """Yield all that counts of some entities."""
        yield [spec.id.value for spec in specs]
        yield [spec.label for spec in specs]
        yield [spec.note or "" for spec in specs]
        yield [self._entity(spec) for spec in specs]
        yield from self._aliases([alias for spec in specs for some in spec.aliases.values() for alias in some])

    def lists(self, specs: Sequence[ListSpec]) -> Iterator[Texts]:
        """Yield all that counts of some lists."""
        yield [spec.id.value for spec in specs]
        yield [str(len(spec.terms)) for spec in specs]
        yield from self._aliases([term for spec in specs for term in spec.terms])

    def queries(self, specs: Sequence[QuerySpec]) -> Iterator[Texts]:
        """Yield all that counts of some saved queries."""
        yield [spec.id.value for spec in specs]
        yield [spec.when.value for spec in specs]

    def rules(self, specs: Sequence[RuleSpec]) -> Iterator[Texts]:
        """Yield all that counts of some rules."""
        yield [spec.id.value for spec in specs]
        yield [spec.when.value for spec in specs]
        yield [spec.name for spec in specs]
        yield [spec.note or "" for spec in specs]
        yield [self._rule(spec) for spec in specs]

    def _aliases(self, aliases: Sequence[AliasSpec]) -> Iterator[Texts]:
        once = self._once
        yield [alias.text.value for alias in aliases]
        yield [alias.needs.value if alias.needs else "" for alias in aliases]
        yield [once(one.case, one.forms, one.within, one.boundary, one.lang_only) for one in aliases]

    def _entity(self, spec: EntitySpec) -> str:
        counts = tuple([(language, len(some)) for language, some in spec.aliases.items()])
        return self._once(spec.type, counts, tuple([text.value for text in spec.except_]))

    def _rule(self, spec: RuleSpec) -> str:
        raises = tuple([(step.to.name, step.when.value) for step in spec.raise_]) if spec.raise_ else ()
        only = None if spec.only is OPEN or spec.only == OPEN else spec.only  # most are, and they are slow to hash
        quiet = None if spec.quiet is NO_QUIET or spec.quiet == NO_QUIET else spec.quiet
        flags = spec.enabled, spec.shadow
        return self._once(only, quiet, spec.stream, raises, spec.severity.name, flags, spec.to, spec.tags, spec.owner)

    def _once(self, *key: object) -> str:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = repr(key)
        return known
