from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.crawler.why.town import DAY, HOUR, Item, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.why.chain import Chain

SOURCES = """
cards: {same_story: 1h}
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml", tier: 1, country: jp}
  - {id: blog, name: Some Blog, kind: feed, url: "WEB/blog/feed.xml", tier: 4}
  - {id: late, name: Late Paper, kind: feed, url: "WEB/late/feed.xml", tier: 2}
"""
RULES = """
entities:
  raa: {label: Access, aliases: {en: [{text: RAA, case: exact, needs: troops, within: paragraph}]}}
rules:
  - {id: cobalt, when: cobalt AND mine AND treaty}
  - {id: zinc, when: zinc AND mine NOT recipe}
  - {id: access, when: $raa}
  - {id: aged, when: lithium, only: {max_age: 1d}}
  - {id: tongue, when: nickel, only: {languages: [fr]}}
  - {id: place, when: gallium, only: {sources: [wire]}}
  - {id: land, when: indium, only: {countries: [jp]}}
  - {id: rank, when: germanium, only: {tier: 2}}
  - {id: long, when: tungsten, only: {min_words: 200}}
  - {id: off, when: tantalum, enabled: false}
  - {id: trial, when: niobium, shadow: true}
  - {id: plain, when: "(ferry, copper)"}
  - {id: again, when: platinum, quiet: {same_story: 7d}}
  - {id: often, when: rhodium, quiet: {at_most: 1/d}}
"""
ADDED = "  - {id: newcomer, when: palladium}\n"
PLATINUM = Item(title="Platinum hits record high", text="Dealers in the old town speak of queues at noon.")
TEXT = "The two governments said on Monday that the deal would be signed in the capital before the end of the month."


async def day(folder: Path) -> Mapping[str, Chain]:
    """Publish a story for each way in which rules can end one, and ask why of each."""
    async with town(folder, SOURCES + RULES, ["wire", "blog", "late"]) as here:
        old = Item(title="Ferry of old runs aground", text=TEXT, age=3 * DAY)
        here.publish("late", old, Item(title="Undated ferry sails", text=TEXT, age=None))
        here.publish("wire", Item(title="Palladium prices rise in spring", text=TEXT, guid="edited"))
        await here.round()
        here.publish(
            "wire",
            Item(title="Cobalt found in old mine", text=TEXT),
            Item(title="Zinc mine opens with recipe contest", text=TEXT),
            Item(title="RAA elects a new chair", text=TEXT + "\n\nElsewhere troops marched."),
            Item(title="Lithium of last week", text=TEXT, age=3 * DAY),
            Item(title="Nickel falls in London", text=TEXT),
            Item(title="Tungsten in brief", text=TEXT),
        )
        await here.round()  # in two parts: so much at once would be told in one message
        here.publish(
            "wire",
            Item(title="Tantalum is mentioned", text=TEXT),
            Item(title="Niobium on trial here", text=TEXT),
            Item(title="Ferry timetable agreed", text=TEXT + " Copper too."),
            Item(title="Palladium was there before the rule", text=TEXT),
            Item(title="Weather will be sunny", text="Sun."),
            PLATINUM,
            Item(title="Rhodium first of the day", text="Chemists found a way to use less of it in cars built abroad."),
        )
        here.publish(
            "blog",
            Item(title="Gallium says a blog", text=TEXT),
            Item(title="Indium says a blog", text=TEXT),
            Item(title="Germanium says a blog", text=TEXT),
        )
        await here.round()
        here.publish("late", Item(title="Ferry timetable agreed", text=TEXT + " Copper too.", guid="copied"))
        more = "Recyclers on another continent ask for help from parliament, and get none before the summer."
        here.publish("wire", Item(title="Rhodium second of the day", text=more))
        here.publish("wire", Item(title="Ferry timetable agreed", text=TEXT + " Copper too. More on this at nine."))
        await here.round()
        await here.app.adopt(here.write(SOURCES + RULES + ADDED))
        here.publish("wire", Item(title="Palladium prices rise in spring", text=TEXT + " Updated.", guid="edited"))
        await here.round()
        for _ in range(3):  # the same text, too long after for a copy
            await here.round(2 * HOUR)
        here.publish("blog", PLATINUM)
        await here.round()
        found = {title: here.why(here.link("wire", title)) for title, _, _ in CASES}
        for title in ("Gallium says a blog", "Indium says a blog", "Germanium says a blog"):
            found[title] = here.why(here.link("blog", title))
        for title in (old.title, "Undated ferry sails", "copied"):
            found[title] = here.why(here.link("late", title))
        found["Platinum hits record high at a blog"] = here.why(here.link("blog", "Platinum hits record high"))
        found["edited"] = here.why(here.link("wire", "edited"))
        found["only"] = here.why(here.link("wire", "Ferry timetable agreed"), "zinc")
        here.write(
            SOURCES
            + RULES.replace("  - {id: cobalt, when: cobalt AND mine AND treaty}\n", "").replace(
                "id: plain", "id: other"
            )
        )
        found["gone rule"] = here.why(here.link("wire", "Ferry timetable agreed"))
        return found


CASES = (
    ("Cobalt found in old mine", "one-clause-short", "the rule cobalt is one clause short: treaty"),
    ("Zinc mine opens with recipe contest", "excluded", "the rule zinc excludes it: NOT recipe (“recipe” must not be"),
    ("RAA elects a new chair", "company", "“RAA” needs troops in its paragraph; elsewhere there is “troops”"),
    ("Lithium of last week", "max_age", "a gate is closed: max_age: published 3 days"),
    ("Nickel falls in London", "languages", "a gate is closed: languages: the story is in en, not in fr"),
    ("Tungsten in brief", "min_words", "a gate is closed: min_words: the text has"),
    ("Tantalum is mentioned", "disabled", "the rule off would hold, but it is switched off"),
    ("Niobium on trial here", "shadow", "the rule is on trial: it would have told"),
    ("Ferry timetable agreed", "first", "Told in #news at "),
    (
        "Palladium was there before the rule",
        "earlier",
        "the rule newcomer holds by now, but the story was judged by oth",
    ),
    ("Weather will be sunny", "nothing-found", "none of the 15 rules found anything"),
    ("Rhodium second of the day", "over-limit", "Not told yet: #news by the rule often waits"),
    ("Platinum hits record high", "first", "Told in #news at "),
)
ELSEWHERE = (
    ("Gallium says a blog", "sources", "the story comes from blog (127.0.0.1), not from wire"),
    ("Indium says a blog", "countries", "the outlet's country is unknown, not jp"),
    ("Germanium says a blog", "tier", "the outlet's tier is 4, not 2 or better"),
    ("Ferry of old runs aground", "backlog", "it was there before the first visit of its source"),
    ("Undated ferry sails", "backlog", "it was there before the first visit of its source"),
    ("copied", "copy", "Not told again: #news heard it by the rule plain from Pacific Wire (the same text)"),
    ("Platinum hits record high at a blog", "same-story", "#news heard it by the rule again from Pacific Wire"),
    ("edited", "earlier", "the rule is new or changed, and would have held before the outlet changed the story"),
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("rules")))


@pytest.mark.parametrize(("title", "reason", "words"), [*CASES, *ELSEWHERE])
def test_what_became_of_a_story_is_named(found: Mapping[str, Chain], title: str, reason: str, words: str) -> None:
    chain = found[title]
    assert chain.reason == reason, says(chain)
    assert words in chain.verdict, says(chain)
    assert chain.told == (reason == "first")


def test_a_rule_that_misses_shows_each_clause(found: Mapping[str, Chain]) -> None:
    step = next(one for one in found["Cobalt found in old mine"].steps if one.reason == "one-clause-short")
    assert step.clauses is not None
    assert [(part.text, part.holds) for part in step.clauses.query.parts] == [
        ("cobalt", True),
        ("mine", True),
        ("treaty", False),
    ]


def test_an_edit_of_what_was_told_is_told_beside_it(found: Mapping[str, Chain]) -> None:
    assert (
        "version 2: told (the channel had heard it by this rule, or that was decided, with an earlier version)"
        in says(found["Ferry timetable agreed"])
    )


def test_a_rule_that_told_and_is_gone_since_is_named(found: Mapping[str, Chain]) -> None:
    chain = found["gone rule"]
    assert (chain.told, chain.reason) == (True, "first")
    assert "by the rule plain" in chain.verdict
    assert "the rule is not configured any more" in says(chain)


def test_one_rule_can_be_asked_for(found: Mapping[str, Chain]) -> None:
    chain = found["only"]
    assert chain.verdict == "Not told: the rule zinc found nothing of what it looks for."
    assert [one.reason for one in chain.steps if one.name == "rule"] == ["nothing-found"]


def test_a_copy_names_the_message_that_its_channel_heard_it_by(found: Mapping[str, Chain]) -> None:
    assert "Pacific Wire had it: story" in says(found["copied"])
    assert found["copied"].ended == "channel"
