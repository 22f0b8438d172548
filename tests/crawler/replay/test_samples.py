from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.replay.samples import newest_messages, samples
from spiders.source import Fulltext
from tests.crawler.paging import visit_page
from tests.crawler.replay.press import HOUR, archive_of
from tests.crawler.replay.town import words
from tests.crawler.store.makers import entry, source

if TYPE_CHECKING:
    from tests.crawler.replay.press import Press

RULES = """
rules:
  - {id: talks, when: talks, to: ["#news"]}
  - {id: steel, when: steel, to: ["#news"]}
"""
PAGE = f"{words('a')}\n\nSteel is what the talks are about, said both.\n\n{words('b')}"


async def test_a_card_shows_the_version_that_its_message_tells_of(press: Press) -> None:
    config, since = press.rules(RULES), press.clock.now()
    await press.open(config, source(fulltext=Fulltext.ALWAYS))
    await press.visit("bbc", entry("a", "Ministers meet for talks", "Read more."))
    press.clock.advance(timedelta(seconds=5))
    await visit_page(press, "https://bbc.example/a", PAGE)
    press.clock.advance(HOUR)
    found = press.replayed(config, since)
    (wanted,) = newest_messages(found, 3)
    assert (wanted.version, {one.rule for one in wanted.matches}) == (2, {"talks", "steel"})
    with archive_of(press.folder) as archive:
        (sample,) = samples(archive, [wanted])
    said = "".join(segment.text for segment in sample.card.snippet)
    assert "Steel is what the talks are about" in said
