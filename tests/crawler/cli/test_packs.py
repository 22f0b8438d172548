from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from alerts.packs import load, names
from crawler.cli import tocsin
from crawler.cli.packs import packs, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from alerts.packs import Pack


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(packs, list(arguments))
    return result.exit_code, result.output


def aliases_of(entity: Any) -> Iterator[Any]:
    for aliases in entity["aliases"].values():
        yield from aliases


def without_exceptions(entity: Any) -> bool:
    return bool(entity.pop("except", None))


def without_context(entity: Any) -> bool:
    guarded = [alias for alias in aliases_of(entity) if "needs" in alias and isinstance(alias, dict)]
    for alias in guarded:
        del alias["needs"]
    return bool(guarded)


def without_case(entity: Any) -> bool:
    exact = [alias for alias in aliases_of(entity) if "case" in alias and isinstance(alias, dict)]
    for alias in exact:
        del alias["case"]
    return bool(exact)


def weakened(pack: Pack, weaken: Callable[[Any], bool]) -> tuple[Pack, set[str]]:
    entities = deepcopy(dict(pack.entities))
    return replace(pack, entities=entities), {name for name, entity in entities.items() if weaken(entity)}


@pytest.mark.parametrize("name", names())
def test_a_pack_passes_its_own_tests(name: str) -> None:
    code, output = run("test", name)
    assert code == 0, output
    assert "fine" in output


@pytest.mark.parametrize("weaken", [without_exceptions, without_context, without_case])
@pytest.mark.parametrize("name", names())
def test_each_guard_of_an_entity_is_proved_by_a_test_that_fails_without_it(
    name: str, weaken: Callable[[Any], bool]
) -> None:
    pack, guarded = weakened(load(name), weaken)
    assert guarded - {failure.entity for failure in tried(pack).failures} == set()


def test_a_failure_names_the_entity_and_the_text() -> None:
    treaties = load("treaties")
    raa = {
        **treaties.entities["raa"],
        "tests": {"match": ["Nothing of the kind."], "ignore": ["A Reciprocal Access Agreement."]},
    }
    missed, fired = tried(replace(treaties, entities={"raa": raa})).failures
    assert (missed.entity, missed.expected, missed.text, missed.found) == ("raa", True, "Nothing of the kind.", ())
    assert (fired.entity, fired.expected, fired.found) == ("raa", False, ("Reciprocal Access Agreement",))


def test_a_pack_that_does_not_compile_is_a_problem() -> None:
    treaties = load("treaties")
    broken = {**treaties.entities["raa"], "aliases": {"en": ["a*"]}}
    trial = tried(replace(treaties, entities={"raa": broken}, lists={}))
    assert "would find too much" in trial.problems[0]


def test_the_list_counts_what_each_pack_holds() -> None:
    code, output = run("list", "--json")
    rows = {row["name"]: row for row in json.loads(output)}
    assert code == 0
    assert rows.keys() == set(names())
    assert rows["countries"]["entities"] == 250
    assert rows["countries"]["languages"]["ja"] >= 250


def test_the_list_for_people_names_every_pack() -> None:
    assert all(name in run("list")[1] for name in names())


def test_a_pack_shows_its_entities_and_lists() -> None:
    output = run("show", "critical-minerals")[1]
    assert "$gallium" in output
    assert "use: [critical-minerals]" in output
    assert "$rare_earth_elements" in output


def test_the_list_says_which_packs_a_configuration_switches_on(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("use: [sanctions, treaties]\n")
    rows = json.loads(run("list", "--json", "-c", str(config))[1])
    assert [row["name"] for row in rows if row["on"]] == ["sanctions", "treaties"]
    config.write_text("use: sanctions\n")
    assert "It is switched on." in run("show", "sanctions", "-c", str(config))[1]
    assert "Switch it on with `use: [treaties]`" in run("show", "treaties", "-c", str(config))[1]
    assert run("test", "-c", str(config))[1].splitlines() == ["sanctions: fine, 62 tests"]
    config.write_text("rules: []\n")
    assert run("test", "-c", str(config)) == (0, "The configuration switches no pack on.\n")


def test_holders_of_an_office_are_dated_and_ministers_are_not_named() -> None:
    output = run("show", "leaders")[1]
    assert "Holder as of June 2025: Emmanuel Macron" in output
    named = {name for name, entity in load("leaders").entities.items() if "note" in entity}
    assert named
    assert not [name for name in named if "minister" in name and name != "india_prime_minister"]


def test_a_pack_fits_a_narrow_terminal() -> None:
    for arguments in (["list"], ["show", "treaties"], ["show", "treaties", "quad"]):
        output = CliRunner(env={"COLUMNS": "80"}).invoke(tocsin, ["packs", *arguments]).output
        assert max(map(cell_len, output.splitlines())) <= 80


def test_an_entity_shows_what_guards_it() -> None:
    output = run("show", "treaties", "raa")[1]
    assert "needs: Japan*" in output
    assert "貿易円滑化協定" in output


def test_an_entity_is_given_to_programs_as_it_stands() -> None:
    assert json.loads(run("show", "treaties", "raa", "--json")[1]) == load("treaties").entities["raa"]


def test_a_whole_pack_is_given_to_programs() -> None:
    facts = json.loads(run("show", "sanctions", "--json")[1])
    assert facts["entity"].keys() == load("sanctions").entities.keys()
    assert facts["list"].keys() == load("sanctions").lists.keys()


def test_a_list_shows_its_terms() -> None:
    assert "stockpile" in run("show", "critical-minerals", "mineral_supply")[1]


def test_an_unknown_entity_is_a_wrong_usage() -> None:
    code, output = run("show", "treaties", "raaa")
    assert code == 2
    assert "no entity or list called raaa" in output


def test_the_trials_are_given_to_programs() -> None:
    (trial,) = json.loads(run("test", "sanctions", "--json")[1])
    assert trial["pack"] == "sanctions"
    assert trial["failures"] == trial["problems"] == []
    assert trial["tests"] > 50
