"""What rules say, with the names that they use, as plain facts that can be written down and read again."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from alerts.errors import ConfigError
from alerts.rules.names import Names
from alerts.rules.revision import revision_of
from alerts.rules.spec import EntitySpec, ListSpec, Specs
from crawler.capture.plain import plain
from crawler.config.loader import read_ground

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from alerts.rules.ruleset import RuleSet
    from alerts.rules.spec import QuerySpec, RuleSpec
    from crawler.config.model import Config

_ASIDE = frozenset({"tests"})  # they decide nothing
USES = "uses"  # of a rule or a name: the names that stand in it


async def texts_of(
    config: Config, environ: Mapping[str, str] | None = None
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return what rules say, and what the names in them stand for, read off the loop."""
    names = await asyncio.to_thread(name_texts, config, os.environ if environ is None else environ)
    return rule_texts(config.rules), names


def rule_texts(rules: RuleSet) -> Mapping[str, object]:
    """Return what each rule says by its id, without what is not said."""
    return {rule.id: _said(plain(rule.spec)) for rule in rules.rules}


def name_texts(config: Config, environ: Mapping[str, str]) -> Mapping[str, object]:
    """Return what every name stands for that a rule uses, also through others; each rule has what it ``uses``, too.

    Names are read from the files anew, for compiled rules do not keep them. Nothing is returned where the files
    cannot be read, or are not those any more that the rules were compiled from.
    """
    try:
        ground = read_ground(config.path, environ)
    except ConfigError:
        return {}
    own, packed = ground.own, ground.packed
    specs = Specs(
        entities=(*own.entities, *packed.entities),
        lists=(*own.lists, *packed.lists),
        queries=own.queries,
        rules=own.rules,
    )
    return names_in(specs) if revision_of(specs) == config.rules.revision else {}


def names_in(specs: Specs) -> Mapping[str, object]:
    """Return what the names stand for that rules use, and by ``rule ID`` which of them stand in each rule itself."""
    names = Names(specs)
    found: dict[str, object] = {}
    for rule in specs.rules:
        if direct := _names_of(names, rule):
            found[f"rule {rule.id.value}"] = {USES: direct}
    for name in sorted(names.used):
        found[name] = _definition(names, names.known[name])
    return found


def _names_of(names: Names, rule: RuleSpec) -> list[str]:
    texts = (rule.when, *(step.when for step in rule.raise_))
    readings = [names.read(text)[0] for text in texts]
    return sorted({one.name for reading in readings for one in reading.names})


def _definition(names: Names, spec: EntitySpec | ListSpec | QuerySpec) -> object:
    kind = "entity" if isinstance(spec, EntitySpec) else "list" if isinstance(spec, ListSpec) else "query"
    said = _said(plain(spec))
    uses = sorted({one.name for one in names.names_of(spec.id.value)})
    return {"kind": kind, **(said if isinstance(said, dict) else {}), **({USES: uses} if uses else {})}


def needed(names: Mapping[str, object], rules: Iterable[str]) -> Mapping[str, object]:
    """Return those of some names that rules stand on, through others as well."""
    waiting = [f"rule {one}" for one in rules]
    found: dict[str, object] = {}
    while waiting:
        facts = names.get(waiting.pop())
        uses = facts.get(USES) if isinstance(facts, dict) else None
        for name in uses if isinstance(uses, list) else ():
            if name in names and name not in found:
                found[name] = names[name]
                waiting.append(name)
    return dict(sorted(found.items()))


def _said(facts: object) -> object:
    if not isinstance(facts, dict):
        return facts
    kept = {name: _said(one) for name, one in facts.items() if name not in _ASIDE}
    return {name: one for name, one in kept.items() if one not in (None, "", [], {})}
