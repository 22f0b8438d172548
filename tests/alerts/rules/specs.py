"""Makers of specs as the config loader would hand them over."""

from __future__ import annotations

import re
from typing import Any

from alerts.errors import Level, Place, Problem
from alerts.rules.ruleset import RuleSet, compile_rules
from alerts.rules.spec import EntitySpec, RuleSpec, Text


def text(value: str, line: int = 1, column: int = 1) -> Text:
    anchors = [(0, Place("config.yaml", line, column))]
    for number, found in enumerate(re.finditer("\n", value), start=line + 1):
        anchors.append((found.end(), Place("config.yaml", number, column)))
    return Text(value, tuple(anchors))


def entity(name: str, *aliases: str, line: int = 1, **by_language: tuple[str, ...]) -> EntitySpec:
    values = {"": aliases} if aliases else {}
    return EntitySpec(
        id=text(name, line),
        label=name.title(),
        aliases={
            language: tuple(text(alias, line + 1, 5) for alias in names)
            for language, names in {**values, **by_language}.items()
        },
    )


def rule(when: str, name: str = "rule", line: int = 10, **changes: Any) -> RuleSpec:
    values: dict[str, Any] = {"id": text(name, line, 9), "name": name.title(), "when": text(when, line + 1, 11)}
    return RuleSpec(**(values | changes))


def rules(*whens: str, entities: tuple[EntitySpec, ...] = ()) -> RuleSet:
    specs = [rule(when, f"rule-{number}") for number, when in enumerate(whens)]
    ruleset, problems = compile_rules(entities, specs)
    assert not [problem for problem in problems if problem.level is Level.ERROR], problems
    return ruleset


def problems_of(*whens: str, entities: tuple[EntitySpec, ...] = ()) -> tuple[Problem, ...]:
    specs = [rule(when, f"rule-{number}", line=10 * number + 10) for number, when in enumerate(whens)]
    return compile_rules(entities, specs)[1]
