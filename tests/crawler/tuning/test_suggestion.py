"""What stored stories suggest for a rule."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from crawler.config.loader import read_ground
from crawler.tuning.suggestion import names_of, suggest
from tests.crawler.tuning.makers import DAY, Desk, unheard

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.rules.ruleset import Rule
    from crawler.store import Store
    from crawler.tuning.suggestion import Suggestion
    from tests.fakes import FakeClock

RULES = """
sources: [{id: bbc, url: "https://bbc.example/feed"}]
entities:
  raa: {aliases: [Reciprocal Access Agreement]}
lists:
  acts: [sign*, treaty]
queries:
  signed: $acts OR ratif*
rules:
  - {id: raa, when: "$raa AND $signed NOT title:review", only: {sources: [bbc]}, to: "#news"}
  - {id: near, when: "nickel NEAR/3 export", to: "#news"}
  - {id: rare, when: "gallium OR zaporizhzhia", to: "#news"}
"""


def rule(desk: Desk, name: str) -> Rule:
    return next(one for one in desk.config.rules.rules if one.id == name)


async def suggested(desk: Desk, name: str, *, most: int = 1000, days: int = 30) -> Suggestion:
    ground = read_ground(desk.folder / "config.yaml", os.environ)
    known, now = rule(desk, name), desk.clock.now()
    return await suggest(
        desk.config,
        desk.store,
        known,
        names=names_of(known, (ground.packed, ground.own)),
        since=now - days * DAY,
        now=now,
        progress=unheard,
        most=most,
    )


async def near(desk: Desk, name: str) -> dict[str, list[str]]:
    found = await suggested(desk, name)
    return {one.clause: [example.title for example in one.examples] for one in found.findings.near}


def names(found: Suggestion) -> dict[str, tuple[str, int]]:
    return {one.text: (one.of, one.stories) for one in found.findings.spellings}


@pytest.fixture
def desk(store: Store, clock: FakeClock, tmp_path: Path) -> Desk:
    return Desk(store, clock, tmp_path, RULES)


async def test_a_near_miss_lacks_one_clause_and_is_put_under_it(desk: Desk) -> None:
    await desk.publish(
        "Japan signs Reciprocal Access Agreement",
        "Reciprocal Access Agreement in force",
        "Treaty signed on fisheries",
        "Review: signing the Reciprocal Access Agreement",
        "Nothing of the kind at all",
        language="en",
    )
    assert await near(desk, "raa") == {
        "$acts OR ratif*": ["Reciprocal Access Agreement in force"],
        "$raa": ["Treaty signed on fisheries"],
        "NOT title:review": ["Review: signing the Reciprocal Access Agreement"],
    }


async def test_a_closed_gate_counts_as_a_clause(desk: Desk) -> None:
    await desk.publish("A treaty: the Reciprocal Access Agreement", outlet="nhk")
    found = await suggested(desk, "raa")
    (one,) = found.findings.near
    assert (one.clause, one.stories, found.findings.matches) == ("only: sources", 1, 0)
    assert one.examples[0].says == "sources: the story comes from nhk (nhk.example), not from bbc"


async def test_of_two_that_must_stand_together_each_may_be_missing_or_both_far_apart(desk: Desk) -> None:
    await desk.publish("Nickel prices", "Export of wine", "Nickel is dear, and so says who lives by its export")
    assert await near(desk, "near") == {
        "export": ["Nickel prices"],
        "nickel": ["Export of wine"],
        "nickel NEAR/3 export": ["Nickel is dear, and so says who lives by its export"],
    }


async def test_other_names_are_found_beside_known_ones_and_spelled_alike(desk: Desk) -> None:
    text = "The Reciprocal Access Agreement (RAA) was signed. The Reciprocal Acces Agreement matters."
    await desk.publish("Japan and France agree", "Japan and Manila agree", language="en", text=text)
    found = names(await suggested(desk, "raa"))
    assert found["RAA"] == ("Reciprocal Access Agreement", 2)
    assert found["reciprocal acces agreement"] == ("reciprocal access agreement", 2)


async def test_what_the_rule_knows_already_is_no_suggestion(desk: Desk) -> None:
    await desk.publish("Gallium (Zaporizhzhia) and Gallium (gallium ore)", "Gallium in Zaporozhzhia")
    assert names(await suggested(desk, "rare")) == {"zaporozhzhia": ("zaporizhzhia", 1)}


async def test_stories_of_the_same_event_in_another_language_are_named(desk: Desk) -> None:
    long = "The two governments said on Monday that their forces would train together more often from next year. " * 3
    await desk.publish("Treaty signed: Reciprocal Access Agreement", language="en", text=long)
    await desk.publish("Traité signé", outlet="mond", language="fr", text=long)
    found = await suggested(desk, "raa")
    assert [(one.title, one.language) for one in found.elsewhere] in ([("Traité signé", "fr")], [])


async def test_what_rises_stands_in_more_of_the_new_matches(desk: Desk) -> None:
    for number in range(6):
        await desk.publish(f"Gallium stocks at warehouse {'abcdef'[number]}")
    desk.clock.advance(20 * DAY)
    for place in ("Inner Mongolia", "Perth", "Leeds", "Manila", "Rome"):
        await desk.publish(f"Gallium smuggling ring uncovered in {place}")
    found = await suggested(desk, "rare")
    assert (found.findings.recent, found.findings.before) == (5, 6)
    assert {"smuggling ring", "ring uncovered"} & {one.term for one in found.findings.rising}
    assert all(one.here > one.there for one in found.findings.rising)
    assert not any(one.term == "gallium" for one in found.findings.rising)


async def test_it_says_how_much_was_read_and_that_there_was_more(desk: Desk) -> None:
    await desk.publish(*(f"Gallium news {number}" for number in range(12)))
    found = await suggested(desk, "rare", most=5)
    assert (found.findings.read, found.stored, found.capped) == (5, 12, True)
    assert not (await suggested(desk, "rare")).capped


def test_names_come_from_entities_lists_and_saved_queries_and_not_from_what_is_denied(desk: Desk) -> None:
    ground = read_ground(desk.folder / "config.yaml", os.environ)
    found = names_of(rule(desk, "raa"), (ground.packed, ground.own))
    assert found == ("Reciprocal Access Agreement", "sign*", "treaty", "ratif*")
