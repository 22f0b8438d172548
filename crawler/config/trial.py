"""A rule as somebody types it, tried beside the configuration and never written into it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from alerts.errors import Level, Place
from alerts.rules.embedded import run_tests
from alerts.rules.ruleset import RuleSet, compile_rules
from crawler.config.document import display_name, document_of, read_document
from crawler.config.findings import Findings, TooMany
from crawler.config.nodes import Context, Item
from crawler.config.rules import read_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alerts.errors import Problem
    from alerts.rules.embedded import Report
    from alerts.rules.ruleset import Rule
    from alerts.rules.spec import RuleSpec
    from crawler.config.document import Document
    from crawler.config.loader import Ground
    from crawler.config.model import Config

NAME = "rule"  # what problems call the text
LONGEST = 50_000  # characters of a rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What became of a text: a set of one rule, or the mistakes that keep it from being one."""

    rules: RuleSet | None  # None: there are errors among the problems
    problems: tuple[Problem, ...]  # of the text itself, in its order
    tests: Report | None = None  # how the tests in it went

    @property
    def rule(self) -> Rule | None:
        """The rule itself."""
        return self.rules.rules[0] if self.rules else None


def compile_draft(text: str, ground: Ground) -> Draft:
    """Compile one rule as it stands in a file, with the names of the configuration; ``${…}`` means nothing in it."""
    findings = Findings()
    try:
        spec = _read(text, ground, findings)
    except TooMany:
        spec = None
    if spec is None or findings.fatal:
        return Draft(rules=None, problems=findings.all)
    rules, problems = compile_spec(spec, ground)
    findings.add(problem for problem in problems if problem.place.file == NAME)
    if findings.fatal:
        return Draft(rules=None, problems=findings.all)
    tests = run_tests(rules, ground.watched)
    findings.add(tests.problems)
    return Draft(rules=rules, problems=findings.all, tests=tests)


def compile_spec(spec: RuleSpec, ground: Ground) -> tuple[RuleSet, tuple[Problem, ...]]:
    """Compile one rule with all names that it may use."""
    own, packed = ground.own, ground.packed
    return compile_rules(
        (*own.entities, *packed.entities),
        (spec,),
        lists=(*own.lists, *packed.lists),
        queries=own.queries,
        watched=ground.watched,
    )


def _read(text: str, ground: Ground, findings: Findings) -> RuleSpec | None:
    document = document_of(text[:LONGEST], Path(NAME), NAME, findings)
    if document is None:
        return None
    context = Context(document, findings, {}, literal=True)
    nodes = list(_entries(document.root))
    if len(nodes) != 1:
        place = document.place(nodes[1].start_mark) if nodes else Place(NAME, 1, 1)
        message = "there is more than one rule here" if nodes else "there is no rule here"
        findings.error(place, message, "write one, with `id:` and `when:`")
        return None
    return read_rule(Item("this rule", nodes[0], context), ground.defaults).spec


def _entries(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield the rules of a text: it may be one, a list, or have ``rules:`` before the list."""
    if isinstance(root, yaml.SequenceNode):
        yield from root.value
    elif isinstance(root, yaml.MappingNode):
        inner = [value for key, value in root.value if getattr(key, "value", None) == "rules"]
        yield from _entries(inner[0]) if inner else (root,)
    elif root is not None:
        yield root


def written(config: Config, rule: Rule) -> str | None:
    """Return a rule's text as its file has it now, at the left margin; None when it is not there any more."""
    name = rule.spec.id.at().file
    path = next((one for one in config.files.stamps if display_name(one) == name), None)
    document = read_document(path, Findings()) if path else None
    for node in _entries(document.root) if document else ():
        if document and isinstance(node, yaml.MappingNode) and _id_of(node) == rule.id:
            return _text_of(node, document)
    return None


def _id_of(node: yaml.MappingNode) -> str | None:
    return next((value.value for key, value in node.value if getattr(key, "value", None) == "id"), None)


def _text_of(node: yaml.Node, document: Document) -> str:
    start, end = node.start_mark, node.end_mark
    lines = list(document.lines[start.line : end.line + 1])
    if lines and end.line < len(document.lines):
        lines[-1] = lines[-1][: end.column]
    indent = start.column
    lines = [lines[0][indent:], *(line[indent:] if not line[:indent].strip() else line for line in lines[1:])]
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return "\n".join(lines) + "\n"


def as_entry(text: str) -> str:
    """Return a rule as an entry of ``rules:``, to be pasted there; one that is an entry already stays as it is."""
    if text.lstrip().startswith(("-", "rules:")):
        return text
    first, *rest = text.rstrip().split("\n")
    return "\n".join([f"  - {first}", *(f"    {line}" if line.strip() else "" for line in rest)]) + "\n"


def is_sound(draft: Draft) -> bool:
    """Say whether a draft would be taken into a configuration."""
    return draft.rules is not None and not any(one.level is Level.ERROR for one in draft.problems)
