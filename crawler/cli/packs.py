"""``tocsin packs``: the alias packs that come with Tocsin, what they hold, and whether they pass their own tests."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from alerts.packs import load, names
from crawler.cli.common import json_option, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alerts.packs import Pack
    from alerts.rules.spec import RuleSpec, TestCase

_ALIASES_SHOWN, _TERMS_SHOWN = 6, 12  # of an entity and of a list, where a whole pack is shown


@click.group()
def packs() -> None:
    """Look at the alias packs that `use:` switches on: names of countries, treaties, minerals and more."""


@packs.command("list")
@json_option
def list_packs(*, as_json: bool) -> None:
    """List the alias packs that `use:` switches on, and how much each of them holds."""
    rows = [_facts(load(name)) for name in names()]
    if as_json:
        print_json(rows)
    else:
        _print_list(rows)


@packs.command("show")
@json_option
@click.argument("name")
@click.argument("entity", required=False)
def show_pack(name: str, entity: str | None, *, as_json: bool) -> None:
    """Show what a pack holds, or one of its entities or lists with all that guards its aliases."""
    pack = load(name)
    if entity is not None and entity not in {*pack.entities, *pack.lists}:
        raise click.UsageError(f"the pack {name} has no entity or list called {entity}; see `tocsin packs show {name}`")
    shown: Any
    if entity is None:
        shown = {**_facts(pack), "path": pack.path, "entity": pack.entities, "list": pack.lists}
    else:
        shown = pack.entities.get(entity) or pack.lists[entity]
    if as_json:
        print_json(shown)
    elif entity is None:
        _print_pack(pack)
    else:
        _print_one(entity, shown)


@packs.command("test")
@json_option
@click.argument("name", required=False)
def test_packs(name: str | None, *, as_json: bool) -> None:
    """Compile packs and run the tests of their entities: each must be found in its texts, and not in the others.

    Without NAME, all packs are tested. Exit code 1 when anything fails.
    """
    trials = [tried(load(one)) for one in ([name] if name else names())]
    if as_json:
        print_json(trials)
    else:
        for trial in trials:
            _print_trial(trial)
    if any(trial.problems or trial.failures for trial in trials):
        sys.exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A text in which an entity was to be found and was not, or the other way round."""

    entity: str
    expected: bool  # that the entity is found
    text: str
    found: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How a pack did."""

    pack: str
    tests: int
    problems: tuple[str, ...]  # what the compiler says of the pack
    failures: tuple[Failure, ...]


def tried(pack: Pack) -> Trial:
    """Compile a pack and run the tests of its entities."""
    from alerts.rules.embedded import run_tests
    from alerts.rules.ruleset import compile_rules
    from crawler.config.packs import specs_of

    specs = specs_of([pack], ())
    rules = [_rule(pack, entity) for entity in pack.entities]
    rule_set, problems = compile_rules(specs.entities, rules, specs.lists)
    results = run_tests(rule_set).results
    # A rule that did not compile has no results; its problem is told instead.
    compiled = {rule.id for rule in rule_set.rules}
    cases = [case for rule in rules if rule.id.value in compiled for case in (*rule.tests.match, *rule.tests.ignore)]
    return Trial(
        pack=pack.name,
        tests=len(results),
        problems=tuple(str(problem) for problem in problems if problem.level == "error"),
        failures=tuple(
            Failure(entity=result.rule, expected=result.expected, text=case.body, found=result.highlights)
            for result, case in zip(results, cases, strict=True)
            if not result.passed
        ),
    )


def _rule(pack: Pack, entity: str) -> RuleSpec:
    """Make the rule that an entity's tests are tests of: the entity is found."""
    from alerts.errors import Place
    from alerts.rules.spec import RuleSpec, TestCase, TestsSpec, Text

    def text(value: str) -> Text:
        return Text(value, ((0, Place(pack.path.name, 1, 1)),))

    def cases(kind: str) -> tuple[TestCase, ...]:
        return tuple(TestCase(body=body, at=text(body)) for body in pack.entities[entity]["tests"].get(kind, ()))

    tests = TestsSpec(match=cases("match"), ignore=cases("ignore"))
    return RuleSpec(id=text(entity), name=entity, when=text(f"${entity}"), tests=tests)


def _facts(pack: Pack) -> dict[str, Any]:
    languages = Counter(language for entity in pack.entities.values() for language, _ in _aliases(entity))
    tests = [texts for entity in pack.entities.values() for texts in entity["tests"].values()]
    return {
        "name": pack.name,
        "title": pack.title,
        "about": pack.about,
        "entities": len(pack.entities),
        "lists": len(pack.lists),
        "aliases": languages.total(),
        "languages": dict(languages.most_common()),
        "tests": sum(map(len, tests)),
    }


def _aliases(entity: Any) -> Iterator[tuple[str, Any]]:
    for language, aliases in entity["aliases"].items():
        for alias in aliases:
            yield language, alias


def _words(aliases: Sequence[Any]) -> str:
    return ", ".join(alias if isinstance(alias, str) else _guarded(alias) for alias in aliases)


def _guarded(alias: Any) -> str:
    guards = ", ".join(f"{key}: {value}" for key, value in alias.items() if key != "text")
    return f"{alias['text']} ({guards})"


def _print_list(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("pack", "entities", "lists", "aliases", "languages", "tests", "holds"):
        table.add_column(heading, no_wrap=heading == "pack", overflow="fold")
    for row in rows:
        numbers = (row["entities"], row["lists"], row["aliases"], len(row["languages"]), row["tests"])
        table.add_row(row["name"], *map(str, numbers), row["title"])
    Console(highlight=False).print(table)


def _print_pack(pack: Pack) -> None:
    click.echo(f"{click.style(pack.title, bold=True)}: {pack.about}")
    click.echo(f"Switch it on with `use: [{pack.name}]`; the file is {pack.path}")
    for name, entity in pack.entities.items():
        languages = " · ".join(entity["aliases"])
        first = next(iter(entity["aliases"].values()))
        click.echo(
            f"{click.style(f'${name}', bold=True)}  {entity['label']}: {_words(first[:_ALIASES_SHOWN])}  [{languages}]"
        )
    for name, terms in pack.lists.items():
        more = " …" if len(terms) > _TERMS_SHOWN else ""
        click.echo(f"{click.style(f'${name}', bold=True)}  list: {_words(terms[:_TERMS_SHOWN])}{more}")


def _print_one(name: str, shown: Any) -> None:
    if not isinstance(shown, dict):
        click.echo(f"{click.style(f'${name}', bold=True)}  {_words(shown)}")
        return
    click.echo(f"{click.style(f'${name}', bold=True)}  {shown['label']}")
    for key in ("type", "note"):
        if key in shown:
            click.echo(f"{key}: {shown[key]}")
    for language, aliases in shown["aliases"].items():
        click.echo(f"  {language:8}{_words(aliases)}")
    if shown.get("except"):
        click.echo(f"  except  {_words(shown['except'])}")
    for kind, texts in shown["tests"].items():
        for text in texts:
            click.echo(f"  {kind:8}{text}")


def _print_trial(trial: Trial) -> None:
    for problem in trial.problems:
        click.echo(problem, err=True)
    for failure in trial.failures:
        found = ", ".join(f'"{word}"' for word in failure.found)
        verdict = "is not found in" if failure.expected else f"is found (by {found}) in"
        click.echo(f"{trial.pack}: ${failure.entity} {verdict}: {failure.text}", err=True)
    bad = len(trial.problems) + len(trial.failures)
    verdict = click.style(f"{bad} failed", fg="red", bold=True) if bad else click.style("fine", fg="green", bold=True)
    click.echo(f"{trial.pack}: {verdict}, {trial.tests} tests")
