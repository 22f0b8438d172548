"""``tocsin packs``: the alias packs that come with Tocsin, what they hold, and whether they pass their own tests."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click
from yaml import MappingNode, SequenceNode

from alerts.errors import ConfigError
from alerts.packs import load, names
from crawler.cli.common import config_option, found_config, json_option, named_config, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType
    from rich.text import Text

    from alerts.packs import Pack
    from alerts.rules.spec import RuleSpec, TestCase

_ALIASES_SHOWN, _TERMS_SHOWN = 6, 12  # of an entity and of a list, where a whole pack is shown


@click.group()
def packs() -> None:
    """Look at the alias packs that `use:` switches on: names of countries, treaties, minerals and more."""


@packs.command("list")
@config_option
@json_option
def list_packs(config: str | None, *, as_json: bool) -> None:
    """List the alias packs that `use:` switches on, how much each of them holds, and which are on."""
    used = _switched_on(config)
    rows = [_facts(load(name), used) for name in names()]
    if as_json:
        print_json(rows)
    else:
        _print_list(rows)


@packs.command("show")
@config_option
@json_option
@click.argument("name")
@click.argument("entity", required=False)
def show_pack(name: str, entity: str | None, config: str | None, *, as_json: bool) -> None:
    """Show what a pack holds, or one of its entities or lists with all that guards its aliases."""
    pack = load(name)
    if entity is not None and entity not in {*pack.entities, *pack.lists}:
        near = get_close_matches(entity, [*pack.entities, *pack.lists], n=1)
        hint = f"did you mean {near[0]}?" if near else f"see `tocsin packs show {name}`"
        raise click.UsageError(f"the pack {name} has no entity or list called {entity}; {hint}")
    shown: Any
    if entity is None:
        shown = {**_facts(pack, _switched_on(config)), "path": pack.path, "entity": pack.entities, "list": pack.lists}
    else:
        shown = pack.entities.get(entity) or pack.lists[entity]
    if as_json:
        print_json(shown)
    elif entity is None:
        _print_pack(pack, on=shown["on"])
    else:
        _print_one(entity, shown)


@packs.command("test")
@config_option
@json_option
@click.argument("name", required=False)
def test_packs(name: str | None, config: str | None, *, as_json: bool) -> None:
    """Compile packs and run the tests of their entities: each must be found in its texts, and not in the others.

    Without NAME, all packs are tested; with --config, those that it switches on. Exit code 1 when anything fails.
    """
    used = _switched_on(config) if named_config(config) else None
    wanted = [name] if name else [one for one in names() if used is None or one in used]
    trials = [tried(load(one)) for one in wanted]
    if as_json:
        print_json(trials)
    else:
        for trial in trials:
            _print_trial(trial)
        if not trials:
            click.echo("The configuration switches no pack on.")
    if any(trial.problems or trial.failures for trial in trials):
        sys.exit(1)


def _switched_on(config: str | None) -> frozenset[str] | None:
    """Return the packs that the configuration uses; None when there is none. Raises ConfigError when it is no YAML."""
    from crawler.config.document import read_document
    from crawler.config.findings import Findings

    path = found_config(config)
    if path is None:
        return None
    findings = Findings()
    document = read_document(path, findings)
    if document is None:
        raise ConfigError(findings.all)
    keys = document.root.value if isinstance(document.root, MappingNode) else []
    used = [value for key, value in keys if key.value == "use"]
    entries = [entry for value in used for entry in (value.value if isinstance(value, SequenceNode) else [value])]
    return frozenset(str(entry.value) for entry in entries)


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
    from alerts.rules.ruleset import NOBODY, compile_rules
    from crawler.config.packs import specs_of

    specs = specs_of([pack], ())
    rules = [_rule(pack, entity) for entity in pack.entities]
    rule_set, problems = compile_rules(specs.entities, rules, specs.lists)
    results = run_tests(rule_set, NOBODY).results
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


def _facts(pack: Pack, used: frozenset[str] | None) -> dict[str, Any]:
    languages = Counter(language for entity in pack.entities.values() for language, _ in _aliases(entity))
    tests = [texts for entity in pack.entities.values() for texts in entity["tests"].values()]
    return {
        "name": pack.name,
        "on": None if used is None else pack.name in used,
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


def _print_list(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("pack", "on", "entities", "lists", "aliases", "languages", "tests"):
        table.add_column(heading, no_wrap=True, justify="left" if heading in {"pack", "on"} else "right")
    for row in rows:
        numbers = (row["entities"], row["lists"], row["aliases"], len(row["languages"]), row["tests"])
        table.add_row(row["name"], "✓" if row["on"] else "", *(f"{number:,}" for number in numbers))
    console = Console(highlight=False)
    console.print(table)
    console.print(
        "`tocsin packs show NAME` tells what one holds; `use: [NAME]` in config.yaml switches it on.", style="dim"
    )


def _print_pack(pack: Pack, *, on: bool | None) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(pack.title, "bold") + Text(f": {pack.about}", "not bold"))
    switch = "It is switched on." if on else f"Switch it on with `use: [{pack.name}]`."
    console.print(Text(f"{switch} `tocsin packs show {pack.name} NAME` shows one of these with its guards.", "dim"))
    console.print(Text(f"{pack.path}\n", "dim"))
    for name, entity in pack.entities.items():
        console.print(Text.assemble((f"${name}", "bold"), f"  {entity['label']}"))
        first = next(iter(entity["aliases"].values()))
        console.print(_indented(Text(_names_only(first, _ALIASES_SHOWN))))
        more = sum(1 for _ in _aliases(entity)) - min(len(first), _ALIASES_SHOWN)
        if more:
            console.print(_indented(Text(f"and {more} more in {', '.join(entity['aliases'])}", "dim")))
        if "note" in entity:
            console.print(_indented(Text(entity["note"], "yellow")))
    for name, terms in pack.lists.items():
        console.print(Text.assemble((f"${name}", "bold"), f"  a list of {len(terms)}"))
        console.print(_indented(Text(_names_only(terms, _TERMS_SHOWN) + (" …" if len(terms) > _TERMS_SHOWN else ""))))


def _names_only(aliases: Sequence[Any], most: int) -> str:
    return ", ".join(alias if isinstance(alias, str) else alias["text"] for alias in aliases[:most])


def _indented(text: RenderableType) -> RenderableType:
    from rich.padding import Padding

    return Padding(text, (0, 0, 0, 4))


def _print_one(name: str, shown: Any) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not isinstance(shown, dict):
        console.print(Text.assemble((f"${name}", "bold"), f"  a list of {len(shown)}"))
        console.print(_indented(_spelt(shown)))
        return
    console.print(Text.assemble((f"${name}", "bold"), f"  {shown['label']}"))
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(style="dim", no_wrap=True)
    rows.add_column(overflow="fold")
    for key in ("type", "note"):
        if key in shown:
            rows.add_row(key, Text(shown[key]))
    for language, aliases in shown["aliases"].items():
        rows.add_row(language, _spelt(aliases))
    if shown.get("except"):
        rows.add_row("except", _spelt(shown["except"]))
    for kind, texts in shown["tests"].items():
        for number, text in enumerate(texts):
            rows.add_row("" if number else kind, Text(text))
    console.print(_indented(rows))


def _spelt(aliases: Sequence[Any]) -> Text:
    """Write aliases one after the other, and each that is guarded on a line with its guards below."""
    from rich.text import Text

    plain = ", ".join(alias for alias in aliases if isinstance(alias, str))
    lines = [Text(plain)] if plain else []
    for alias in aliases:
        if isinstance(alias, str):
            continue
        guards = [f"{key}: {value}" for key, value in alias.items() if key not in {"text", "needs"}]
        lines.append(Text(alias["text"]) + Text(f"  {', '.join(guards)}", "dim"))
        if "needs" in alias:
            lines.append(Text(f"  needs: {alias['needs']}", "dim"))
    return Text("\n").join(lines)


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
