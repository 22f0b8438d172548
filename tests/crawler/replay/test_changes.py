from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.replay.changes import MOST, Foresees
from tests.crawler.replay.test_forecast import RULES, week

if TYPE_CHECKING:
    from tests.crawler.replay.press import Press


async def test_each_changed_rule_is_named_with_what_it_would_have_sent(press: Press) -> None:
    before = await week(press, 3)
    changed = RULES.replace("when: talks", "when: talks AND day").replace("{id: tin", "{id: zinc")
    after = press.rules(changed.replace("{id: steel, when: steel", "{id: iron, when: steel"), "after.yaml")
    said = {one.rule: one.says for one in Foresees(press.clock.now)(before, after)}
    time = "in 3 days (there are no older stories)"
    assert said["talks"] == f"edited: would have sent 3 {time} to #news, budget 20/h; before the change 3"
    assert said["iron"] == f"new: would have sent 1 to #desk and 1 to #news {time}, budget 20/h"
    assert said["steel"] == f"gone: would have sent 1 to #desk and 1 to #news {time}"
    assert said["zinc"] == "new: no forecast: it is switched off"
    assert set(said) == {"talks", "iron", "steel", "zinc", "tin"}


async def test_what_did_not_change_is_not_looked_at(press: Press) -> None:
    config = press.rules(RULES)
    assert Foresees(press.clock.now)(config, press.rules(RULES, "same.yaml")) == ()


async def test_of_very_many_changes_some_are_named(press: Press) -> None:
    before = press.rules(RULES)
    many = "\n".join(f"  - {{id: r{number}, when: w{number}}}" for number in range(MOST + 3))
    assert len(Foresees(press.clock.now)(before, press.rules(f"{RULES}{many}\n", "many.yaml"))) == MOST
