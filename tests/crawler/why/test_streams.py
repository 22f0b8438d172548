from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.crawler.why.town import HOUR, MINUTE, Item, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.why.chain import Chain

CONFIG = """
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml"}
  - {id: gazette, name: Gazette, kind: feed, url: "WEB/gazette/feed.xml"}
rules:
  - {id: rush, when: lithium, count: {n: 3, within: 2h}}
  - {id: firsts, when: nickel, first_seen: term}
  - {id: proof, when: accord, independent_sources: 3}
  - {id: pair, when: zinc, count: {n: 2, within: 1h}}
  - {id: crowd, when: copper, to: "#storm"}
"""
WORDS = (
    *("harbour", "valley", "museum", "railway", "parliament", "orchestra", "laboratory", "cathedral", "stadium"),
    *("lighthouse", "vineyard", "observatory", "monastery", "aquarium", "theatre", "brewery", "academy", "fortress"),
    *("island", "tunnel", "garden", "castle", "hospital", "market", "forest", "desert", "glacier", "canyon"),
)


async def day(folder: Path) -> Mapping[str, Chain]:
    """Let rules count, learn and ask for others, and let a storm come; ask why before and after."""
    async with town(folder, CONFIG, ["wire", "gazette"]) as here:
        await here.round()
        here.publish(
            "wire",
            Item(title="Lithium mine opens", text="It lies in the hills behind the old town."),
            Item(title="Nickel falls", text="Dealers shrugged."),
            Item(title="Accord signed by two sides", text="Ministers shook hands and left by the back door."),
        )
        await here.round()
        found = {title: here.why(here.link("wire", title)) for title in ("Nickel falls", "Accord signed by two sides")}
        found["counted"] = here.why(here.link("wire", "Lithium mine opens"))
        here.publish(
            "gazette",
            Item(title="Lithium price falls", text="Traders left early for the coast."),
            Item(title="Lithium talks collapse", text="Nobody wished to say what came between them."),
        )
        await here.round()
        found["counted and told"] = here.why(here.link("wire", "Lithium mine opens"))
        for start in range(0, 27, 9):  # no flood, yet more than a channel's people can read
            titles = [f"Copper {word}" for word in WORDS[start : start + 9]]
            here.publish("wire", *(Item(title=title, text=f"The {title.split()[1]} opens.") for title in titles))
            await here.round(MINUTE)
        here.publish("gazette", Item(title="Zinc alone", text="A smelter closed its gates for the winter."))
        await here.round()
        await here.round(3 * HOUR)
        here.publish("gazette", Item(title="Zinc again", text="Roofers in two provinces ask for cheaper sheets."))
        here.publish("gazette", Item(title="Zinc once more", text="Plumbers on the islands want to be paid in kind."))
        await here.round()
        found["too early"] = here.why(here.link("gazette", "Zinc alone"))
        found["in time"] = here.why(here.link("gazette", "Zinc again"))
        found["storm"] = here.why(here.link("wire", f"Copper {WORDS[26]}"))
        message = here.slack.channel("storm").messages[-1]
        ts = message["thread_ts"] if "thread_ts" in message else message["ts"]
        link = f"https://x.slack.com/archives/{here.slack.channel('storm').id}/p{ts.replace('.', '')}"
        found["storm's message"] = here.why(link)
        return found


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("streams")))


@pytest.mark.parametrize(
    ("name", "told", "reason", "words"),
    [
        ("counted", False, "counted", "count: 1 of 3 when it came"),
        ("counted and told", True, "counted", "Told together with others in #news at "),
        ("too early", False, "counted", "count: 1 of 2 when it came"),
        ("in time", True, "counted", "Told together with others in #news at "),
        ("Nickel falls", False, "learning", "`first_seen` learns what there is before it tells"),
        ("Accord signed by two sides", False, "counted", "independent_sources: 1 of 3 when it came"),
        ("storm", True, "storm", "Told in a list: so much came for #storm that one message lists it"),
    ],
)
def test_rules_about_many_stories_and_storms_are_named(
    found: Mapping[str, Chain], name: str, told: bool, reason: str, words: str
) -> None:
    chain = found[name]
    assert (chain.told, chain.reason) == (told, reason), says(chain)
    assert words in chain.verdict, says(chain)


def test_the_message_of_a_storm_stands_behind_what_it_lists(found: Mapping[str, Chain]) -> None:
    assert [one.mark for one in found["storm"].steps if one.name in {"message", "storm"}] == ["passed", "passed"]


def test_the_link_of_a_storm_s_message_says_what_it_is(found: Mapping[str, Chain]) -> None:
    chain = found["storm's message"]
    assert (chain.ended, chain.reason, chain.story) == ("message", "storm", None)
    assert "it is the message of a storm, which lists what came at once; it lists " in chain.verdict
