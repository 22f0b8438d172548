"""Makers of specs as the config loader would hand them over."""

from __future__ import annotations

import re
from typing import Any

from alerts.errors import Level, Place, Problem
from alerts.rules.ruleset import RuleSet, compile_rules
from alerts.rules.spec import AliasSpec, EntitySpec, ListSpec, QuerySpec, RuleSpec, Text


def text(value: str, line: int = 1, column: int = 1) -> Text:
    anchors = [(0, Place("config.yaml", line, column))]
    for number, found in enumerate(re.finditer("\n", value), start=line + 1):
        anchors.append((found.end(), Place("config.yaml", number, column)))
    return Text(value, tuple(anchors))


def alias(value: str, line: int = 1, needs: str | None = None, **changes: Any) -> AliasSpec:
    return AliasSpec(text=text(value, line, 5), needs=None if needs is None else text(needs, line, 30), **changes)


def entity(
    name: str,
    *aliases: str | AliasSpec,
    line: int = 1,
    except_: tuple[str, ...] = (),
    pack: str | None = None,
    **by_language: tuple[str | AliasSpec, ...],
) -> EntitySpec:
    values = {"": aliases} if aliases else {}
    return EntitySpec(
        id=text(name, line),
        label=name.title(),
        aliases={
            language: tuple(one if isinstance(one, AliasSpec) else alias(one, line + 1) for one in names)
            for language, names in {**values, **by_language}.items()
        },
        except_=tuple(text(value, line + 2, 5) for value in except_),
        pack=pack,
    )


def term_list(name: str, *terms: str | AliasSpec, line: int = 1) -> ListSpec:
    return ListSpec(
        id=text(name, line), terms=tuple(one if isinstance(one, AliasSpec) else alias(one, line + 1) for one in terms)
    )


def saved_query(name: str, when: str, line: int = 1) -> QuerySpec:
    return QuerySpec(id=text(name, line), when=text(when, line + 1, 5))


def rule(when: str, name: str = "rule", line: int = 10, **changes: Any) -> RuleSpec:
    values: dict[str, Any] = {"id": text(name, line, 9), "name": name.title(), "when": text(when, line + 1, 11)}
    return RuleSpec(**(values | changes))


def rules(
    *whens: str,
    entities: tuple[EntitySpec, ...] = (),
    lists: tuple[ListSpec, ...] = (),
    queries: tuple[QuerySpec, ...] = (),
) -> RuleSet:
    specs = [rule(when, f"rule-{number}") for number, when in enumerate(whens)]
    ruleset, problems = compile_rules(entities, specs, lists, queries)
    assert not [problem for problem in problems if problem.level is Level.ERROR], problems
    return ruleset


def problems_of(
    *whens: str,
    entities: tuple[EntitySpec, ...] = (),
    lists: tuple[ListSpec, ...] = (),
    queries: tuple[QuerySpec, ...] = (),
) -> tuple[Problem, ...]:
    specs = [rule(when, f"rule-{number}", line=10 * number + 10) for number, when in enumerate(whens)]
    return compile_rules(entities, specs, lists, queries)[1]
