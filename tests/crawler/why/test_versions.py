from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crawler.why.town import Item, says, town

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
sources:
  - {id: wire, name: Pacific Wire, kind: feed, url: "WEB/wire/feed.xml", fulltext: always}
rules:
  - {id: trial, when: cobalt, shadow: true, to: "#night"}
  - {id: rare, when: zinc, quiet: {at_most: 1/5h}}
"""
PAGES = {
    "cobalt": "The smelter sells what it has in store to the yard beside the river. ",
    "first": "Ministers of two countries met in a castle and spoke of roads and bridges. ",
    "second": "A school opened its new library, which pupils had painted in their holidays. ",
}


async def test_a_page_that_was_read_later_does_not_claim_that_somebody_had_heard(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIG, ["wire"]) as here:
        await here.round()
        for name, text in PAGES.items():
            page = f"<html><body><article><p>{text * 9}</p></article></body></html>"
            here.web.publish(f"/wire/{name}", page, content_type="text/html")
        here.publish("wire", Item(title="Cobalt is found", guid="cobalt"), Item(title="Zinc is dear", guid="first"))
        await here.round()
        here.publish("wire", Item(title="Zinc again", text="Other men in another town said so.", guid="second"))
        await here.round()
        await here.round()
        trial = here.why(here.link("wire", "cobalt"), "trial")
        limited = here.why(here.link("wire", "second"), "rare")
    assert "version 2: told" in says(trial), says(trial)
    assert trial.reason == "shadow"
    assert trial.verdict == "Not told: the rule trial held, but the rule is on trial: it would have told."
    assert limited.reason == "over-limit", says(limited)
    assert limited.verdict.startswith("Not told yet: #news by the rule rare waits")


async def test_a_copy_of_what_was_on_trial_was_heard_by_nobody(tmp_path: Path) -> None:
    async with town(tmp_path, CONFIG.replace("always", "never"), ["wire"]) as here:
        await here.round()
        words = PAGES["cobalt"] * 4
        here.publish("wire", Item(title="Cobalt is found", text=words, guid="one"))
        await here.round()
        here.publish("wire", Item(title="Cobalt is found", text=words, guid="two"))
        await here.round()
        copy = here.why(here.link("wire", "two"), "trial")
    assert (copy.told, copy.reason) == (False, "copy"), says(copy)
    assert copy.verdict.endswith("but of another story with this text it told #night nothing either.")
    assert "heard" not in copy.verdict
