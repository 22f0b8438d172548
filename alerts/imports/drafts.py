"""From what was read to rules that load: checked, named, written as YAML."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.errors import ConfigError, Level
from alerts.rules.printing import print_query
from alerts.rules.query import parse
from alerts.rules.rewrite import house_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alerts.errors import Problem
    from alerts.imports.grammar import Reading
    from alerts.rules.nodes import Node
    from alerts.rules.spec import Text

_LONGEST_ID, _LONGEST_NAME = 48, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A foreign query and what reading it brought."""

    name: str | None  # None: the file gives none
    original: Text
    reading: Reading
    max_age: str | None = None  # as config.yaml writes it
    errs: str = "too much"  # what the rule may find when a part was left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A rule that a foreign query became."""

    id: str
    name: str
    when: Node
    original: str
    max_age: str | None = None
    lost: tuple[Problem, ...] = ()  # what of the original it does not say; such a rule is on trial
    errs: str = "too much"  # what it may find for lack of that


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import brought."""

    system: str
    rules: tuple[Imported, ...]
    problems: tuple[Problem, ...]  # errors: left out; warnings: carried with a change
    queries: int  # how many there were

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return all(problem.level is not Level.ERROR for problem in self.problems)

    def yaml(self) -> str:
        """Write the rules as a file that `include:` can name."""
        return "\n".join(["rules:" if self.rules else "rules: []", *map(self._rule, self.rules), ""])

    def summary(self) -> str:
        """Say in a sentence what came of how many queries."""
        on_trial = sum(bool(rule.lost) for rule in self.rules)
        whole = len(self.rules) - on_trial
        ends = [
            (whole, "carried"),
            (on_trial, "on trial (shadow: true), as parts were left out"),
            (self.queries - len(self.rules), "left out whole"),
        ]
        told = "; ".join(f"{count} {end}" for count, end in ends if count) or "nothing to carry"
        return f"{self.queries} {'query' if self.queries == 1 else 'queries'}: {told}"

    def _rule(self, rule: Imported) -> str:
        lines = [
            *_comment(rule),
            f"  - id: {_quoted(rule.id)}",
            f"    name: {_quoted(rule.name)}",
            "    when: |",
            *(f"      {line}" for line in house_lines(rule.when)),
            *([f"    only: {{max_age: {rule.max_age}}}"] if rule.max_age else ()),
            *(["    shadow: true"] if rule.lost else ()),
            "    severity: notice",
            *_note(f"{self.system}: {rule.original.strip()}"),
        ]
        return "\n".join(lines)


def finish(drafts: Iterable[Draft], system: str, problems: Iterable[Problem] = (), taken: Iterable[str] = ()) -> Import:
    """Keep the drafts that the rule language can say, with ids that are unique and not ``taken``."""
    rules: list[Imported] = []
    found = list(problems)
    ids = dict.fromkeys(taken, 1)
    queries = 0
    for draft in drafts:
        queries += 1
        found += draft.reading.problems
        fault = _fault(draft)
        if fault:
            found.append(fault)
        if draft.reading.tree is None or fault:
            continue
        name = _name_of(draft.name or draft.original.value)
        rule_id = _unique(_slug(name) or "imported", ids)
        rule = Imported(
            id=rule_id,
            name=name,
            when=draft.reading.tree,
            original=draft.original.value,
            max_age=draft.max_age,
            errs=draft.errs,
            lost=tuple(problem for problem in draft.reading.problems if problem.level is Level.ERROR),
        )
        rules.append(rule)
    return Import(system=system, rules=tuple(rules), problems=tuple(found), queries=queries)


def _fault(draft: Draft) -> Problem | None:
    """Return why a draft can be no rule, unless that was said already."""
    tree = draft.reading.tree
    if tree is None:
        told = any(problem.level is Level.ERROR for problem in draft.reading.problems)
        return None if told else draft.original.problem(0, "the query holds nothing to search for")
    try:
        parse(print_query(tree))
    except ConfigError as error:
        first = error.problems[0]
        return draft.original.problem(0, f"the query was left out: {first.message}", first.hint)
    return None


def _name_of(written: str) -> str:
    words = " ".join(re.sub(r'["()\[\]]', " ", written).split()) or "Imported"
    return words if len(words) <= _LONGEST_NAME else words[: _LONGEST_NAME - 1].rstrip() + "…"


def _slug(name: str) -> str:
    """Keep letters and digits of any script, without case and accents, and what of the words fits."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(char for char in parts if not "\u0300" <= char < "\u0370")
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", plain))
    slug = "-".join(words)
    return slug if len(slug) <= _LONGEST_ID else slug[: _LONGEST_ID + 1].rpartition("-")[0] or slug[:_LONGEST_ID]


def _unique(wanted: str, taken: dict[str, int]) -> str:
    """Return an id that is not taken; ``taken`` counts how often each was wanted."""
    name = wanted
    while name in taken:
        taken[wanted] += 1
        name = f"{wanted}-{taken[wanted]}"
    taken[name] = 1
    return name


def _quoted(value: str) -> str:
    """Write a value for YAML: plain where that is safe, else in double quotes as JSON does."""
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9 ,.-]*[A-Za-z0-9]", value) and value.lower() not in _WORDS_OF_YAML
    return value if plain else json.dumps(value, ensure_ascii=False)


_WORDS_OF_YAML = frozenset({"yes", "no", "true", "false", "null", "on", "off"})


def _comment(rule: Imported) -> Iterable[str]:
    """Say above a rule what it lacks; whoever has added it takes the rule off trial."""
    if rule.lost:
        yield f"  # On trial, as it may find {rule.errs}. Add by hand what is missing, then remove `shadow: true`:"
    for problem in rule.lost:
        yield f"  #   {' '.join(f'{problem.place}: {problem.message}'.split())}"


def _note(text: str) -> Sequence[str]:
    """Write the original as a block of text; a tab, which YAML does not take everywhere, as a blank."""
    return ["    note: |", *(f"      {line}".rstrip() for line in text.expandtabs(4).splitlines())]
