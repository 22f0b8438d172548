from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from alerts.outbox import State
from tests.crawler.why.town import HOUR, Item, says, town

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from crawler.why.chain import Chain
    from tests.crawler.why.town import Town

CONFIG = """
cards: {hold: 10m}
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml"}
  - {id: pages, name: Pages, kind: feed, url: "WEB/pages/feed.xml", fulltext: always}
rules:
  - {id: plain, when: cobalt}
  - {id: parked, when: zinc, to: "#parked"}
  - {id: refused, when: nickel, to: "#refusing"}
  - {id: flaky, when: gallium, to: "#flaky"}
  - {id: ferry, when: ferry}
"""
RUNGS = 3  # forms of a message: the full card, a plainer one, and text


async def day(folder: Path) -> Mapping[str, Chain]:
    """Let messages arrive, wait, be refused and be tried again, and ask why."""
    async with town(folder, CONFIG, ["wire", "pages"]) as here:
        await here.round()
        here.slack.answer_next("chat.postMessage", *["error:invalid_blocks"] * RUNGS)
        here.publish("wire", Item(title="Nickel refused"))
        await here.round()
        here.slack.answer_next("chat.postMessage", "error:service_unavailable")
        here.publish("wire", Item(title="Gallium twice"))
        await here.round()
        here.web.fail("/pages/ferry", status=503, retry_after="60", times=1)
        here.slack.channel("parked").archived = True
        here.publish("pages", Item(title="Ferry sails", guid="ferry"))
        here.publish("wire", Item(title="Zinc waits"))
        await here.round()
        found = {
            "page": here.why(here.link("pages", "ferry")),
            "parked": here.why(here.link("wire", "Zinc waits")),
        }
        here.publish("wire", Item(title="Cobalt arrives"))
        await here.round()
        for name, title in (("dead", "Nickel refused"), ("retried", "Gallium twice"), ("sent", "Cobalt arrives")):
            found[name] = here.why(here.link("wire", title))
        found |= await by_message(here)
        here.slack.channel("parked").archived = False
        await here.round(HOUR)
        await here.round(HOUR)
        found["mended"] = here.why(here.link("wire", "Zinc waits"))
        return found


async def by_message(here: Town) -> dict[str, Chain]:
    """Ask by the link of a message, by its thread's, by another's, and by the id of a story."""
    (sent,) = [
        one
        for one in await here.app.store.deliveries(State.SENT)
        if one.receipt and one.delivery.alert.story.title == "Cobalt arrives"
    ]
    assert sent.receipt is not None
    ts = sent.receipt.message.replace(".", "")
    place = f"https://desk.slack.com/archives/{sent.receipt.channel}"
    code = here.why(here.link("wire", "Cobalt arrives")).story
    assert code is not None
    return {
        "by link": here.why(f"{place}/p{ts}?thread_ts={sent.receipt.message}&cid={sent.receipt.channel}"),
        "by own link": here.why(next(one.link for one in here.why(code).steps if one.link) or ""),
        "by another's link": here.why(f"{place}/p1111111111222222"),
        "by id": here.why(code),
    }


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Chain]:
    return asyncio.run(day(tmp_path_factory.mktemp("delivery")))


@pytest.mark.parametrize(
    ("name", "told", "reason", "words"),
    [
        ("sent", True, "first", "Told in #news at "),
        ("parked", False, "channel-refused", "waits, for #parked is parked until "),
        ("dead", False, "card-refused", "Not delivered: #refusing refused the message of the rule refused in every"),
        ("retried", True, "first", "Told in #flaky at "),
        ("mended", True, "first", "Told in #parked at "),
        ("page", False, "pending", "to #news waits for the story's page, of which more could be told"),
        ("by link", True, "first", "Told in #news at "),
        ("by own link", True, "first", "Told in #news at "),
        ("by id", True, "first", "Told in #news at "),
        ("by another's link", False, "not-ours", "Not Tocsin's: no message of this store stands there"),
    ],
)
def test_what_became_of_a_message_is_named(
    found: Mapping[str, Chain], name: str, told: bool, reason: str, words: str
) -> None:
    chain = found[name]
    assert (chain.told, chain.ended, chain.reason) == (told, "message", reason), says(chain)
    assert words in chain.verdict, says(chain)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("retried", "after 2 attempts"),
        ("retried", "try-later: service_unavailable"),
        ("dead", "made-plainer: invalid_blocks"),
        ("parked", "channel-refused"),
        ("mended", "channel-refused"),
    ],
)
def test_every_attempt_is_listed_with_its_answer(found: Mapping[str, Chain], name: str, words: str) -> None:
    assert words in says(found[name]), says(found[name])


def test_the_address_that_opens_the_message_is_there(found: Mapping[str, Chain]) -> None:
    (link,) = [one.link for one in found["sent"].steps if one.link]
    assert link.startswith("https://slack.com/app_redirect?channel=C0NEWS")
