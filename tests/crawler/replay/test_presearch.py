"""With the index and without it the same is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from crawler.replay.nouns import Request
from crawler.replay.presearch import trees
from crawler.replay.running import Replay
from tests.crawler.replay.press import archive_of
from tests.crawler.replay.town import words
from tests.crawler.store.makers import entry

if TYPE_CHECKING:
    from crawler.replay.nouns import Batch
    from tests.crawler.replay.press import Press

WHENS = (
    "talks AND (steel OR gallium*)",
    "(稀土, rare earths) NEAR/6 control*",
    "レアアース NOT film",
    '="U.S." OR 희토류',
    "hlead:treat* OR title:F-35",
    "DISTINCT/2 (tin, zinc, lead)",
)
TEXTS = (
    "Talks on steel go on",
    "Talks on weather",
    "Gallium talks",
    "中国加强稀土管制 and controls rare-earths controlled",
    "レア・アースの輸出",
    "희토류를 수출",
    "The U.S. signs treaties",
    "F35 jets",
    "Tin and zinc and the rest",
    "Nothing at all",
)


async def filled(press: Press) -> None:
    config = press.rules("rules: [{id: none, when: unsaid}]")
    await press.open(config)
    for number, text in enumerate(TEXTS):
        await press.visit("bbc", entry(f"n{number}", text, f"{words(str(number))} {text}"))
    for number in range(40):
        await press.visit("nhk", entry(f"m{number}", f"Matter {number}", words(f"m{number}")))
    await press.visit("bbc", entry("n0", "A quiet day", words("0")))  # only its first version is of steel


def found(batch: Batch) -> set[tuple[int, str]]:
    return {
        (one.story.id, finding.match.rule) for versions in batch.found for one in versions for finding in one.findings
    }


@pytest.mark.parametrize("number", range(len(WHENS)))
async def test_the_index_spares_stories_and_loses_none(press: Press, number: int) -> None:
    await filled(press)
    config = press.rules(f"rules:\n  - id: r\n    when: |\n      {WHENS[number]}\n")
    request = Request(since=press.clock.now() - timedelta(days=1), until=press.clock.now() + timedelta(days=1))
    with archive_of(press.folder) as archive:
        replay = Replay(archive, config, (config,), request)
        plan = replay.plan()
        assert plan.wanted is not None
        assert len(plan.wanted) < len(plan.ids) / 2
        some = [batch for batch, _ in replay._batches(plan, 1)]
        every = [batch for batch, _ in replay._batches(replace(plan, wanted=None), 1)]
    spared = set[tuple[int, str]]().union(*map(found, some))
    assert spared == set[tuple[int, str]]().union(*map(found, every)) != set()
    assert sum(batch.read for batch in some) < sum(batch.read for batch in every)


async def test_one_rule_that_may_hold_without_a_word_has_all_read(press: Press) -> None:
    config = press.rules("rules: [{id: a, when: talks}, {id: b, when: 'source:bbc'}]")
    assert trees([config.rules], None) is None
    assert trees([config.rules], frozenset({"a"})) is not None
    assert trees([config.rules, config.rules], frozenset({"b"})) is None
