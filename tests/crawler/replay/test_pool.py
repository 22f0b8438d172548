from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.errors import StoreError
from crawler.replay import pool
from crawler.replay.finder import stretches
from crawler.replay.running import Request, replay
from tests.crawler.replay.press import archive_of
from tests.crawler.replay.test_presearch import filled

if TYPE_CHECKING:
    from crawler.replay.nouns import Result
    from tests.crawler.replay.press import Press

RULES = 'rules: [{id: talks, when: talks, to: ["#news"]}, {id: tin, when: "source:bbc AND tin", to: ["#desk"]}]'


def told(result: Result | None) -> list[tuple[int, int, str, str]]:
    assert result
    return sorted((one.story, one.version, one.rule, str(one.reason)) for one in result.decisions)


@pytest.mark.slow
async def test_several_processes_find_what_one_finds(press: Press) -> None:
    await filled(press)
    config = press.rules(RULES)
    request = Request(since=press.clock.now() - timedelta(days=1), until=press.clock.now() + timedelta(days=1))
    *_, alone = replay(config, request, config, workers=1)
    *_, together = replay(config, request, config, workers=2)
    assert told(together.result) == told(alone.result) != []
    assert told(together.before) == told(alone.before)
    assert together.progress == alone.progress


@pytest.mark.slow
async def test_rules_that_change_meanwhile_are_not_mixed(press: Press) -> None:
    await filled(press)
    config = press.rules(RULES)
    now = press.clock.now()
    recipe = pool.Recipe(
        store=config.store,
        configs=((config.path.resolve(), "another revision"),),
        rules=None,
        since=now - timedelta(days=1),
        until=now,
    )
    with archive_of(press.folder) as archive:
        some = list(stretches(archive.ids(recipe.since, now + timedelta(days=1)), 10))
    with pytest.raises(StoreError, match="was changed while its rules were about to be replayed"):
        pool.finder_of(recipe)
    right = replace(recipe, configs=((config.path.resolve(), config.judge.revision),))
    with pytest.raises(StoreError, match="the store is gone"):
        list(pool.read(replace(right, store="sqlite:////nowhere/else.db"), some, 1))


def test_there_is_a_processor() -> None:
    assert pool.processors() >= 1
