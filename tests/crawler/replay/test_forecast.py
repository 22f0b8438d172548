from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from alerts.rules.spec import Rate
from crawler.replay.forecast import Forecast, RuleForecast, brief, forecast, rate, spoken
from tests.crawler.replay.press import HOUR, MINUTE
from tests.crawler.replay.town import words
from tests.crawler.store.makers import entry

if TYPE_CHECKING:
    from crawler.config.model import Config
    from tests.crawler.replay.press import Press

WEEK, DAY = timedelta(days=7), timedelta(days=1)
RULES = """
budgets: {per_channel: 20/h, overflow: digest}
rules:
  - {id: talks, when: talks, to: ["#news"]}
  - {id: steel, when: steel, to: ["#news", "#desk"], shadow: true}
  - {id: tin, when: tin, to: ["#desk"], enabled: false}
"""


async def week(press: Press, days: int = 8) -> Config:
    """Let a story come each day, each with a copy, and one of steel on the last."""
    config = press.rules(RULES)
    await press.open(config)
    for day in range(days):
        await press.visit("bbc", entry(f"t{day}", f"Talks, day {day}", words(f"t{day}")))
        await press.visit("nhk", entry(f"c{day}", f"Talks, day {day}", words(f"t{day}")))
        press.clock.advance(DAY)
    await press.visit("bbc", entry("s", "Steel rises", words("s")))
    press.clock.advance(MINUTE)
    return config


async def test_messages_are_forecast_and_not_stories(press: Press) -> None:
    config = await week(press)
    said = forecast(config, now=press.clock.now())
    assert spoken(said, "talks", config.routing.budget) == "would have sent 6 in 7 days to #news, budget 20/h"
    assert said.rules["talks"].found == 12


async def test_a_rule_on_trial_is_forecast_as_if_it_were_not_and_one_that_is_off_is_not(press: Press) -> None:
    config = await week(press, 1)
    said = forecast(config, now=press.clock.now())
    assert spoken(said, "steel") == "would have sent 1 to #desk and 1 to #news in 1 day (there are no older stories)"
    assert spoken(said, "tin") == "no forecast: it is switched off"


async def test_when_the_time_is_up_it_says_how_far_it_came(press: Press) -> None:
    config = press.rules(RULES)
    await press.open(config)
    for hour in range(3):
        press.clock.advance(HOUR)
        some = (entry(f"n{hour}-{number}", f"News {hour}-{number}", f"{number} talks") for number in range(50))
        await press.visit("bbc", *some)
    press.clock.advance(MINUTE)
    ticks = iter(range(1000))
    said = forecast(config, now=press.clock.now(), since=HOUR * 4, seconds=0.5, elapsed=lambda: float(next(ticks)))
    assert said.is_cut
    assert timedelta() < said.covered < HOUR * 4
    assert "there was no time to read all of 4 h" in spoken(said, "talks")


async def test_where_there_is_no_store_it_says_so_and_raises_nothing(press: Press) -> None:
    config = press.rules(RULES, "other.yaml", "elsewhere.db")
    said = forecast(config, now=press.clock.now())
    assert spoken(said, "talks") == "no forecast: there are no stories yet"


async def test_a_damaged_store_is_told_of_and_not_raised(press: Press) -> None:
    (press.folder / "broken.db").write_bytes(b"no database at all" * 100)
    config = press.rules(RULES, "other.yaml", "broken.db")
    said = forecast(config, now=press.clock.now())
    assert "no SQLite database" in said.why


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (RuleForecast(), "would have sent nothing in 7 days"),
        (RuleForecast(found=2), "would have sent nothing in 7 days, though it found 2 stories"),
        (RuleForecast(found=2, waiting=2), "would have sent nothing in 7 days; a digest would list 2"),
        (RuleForecast(found=9, messages={"#a": 1200}), "would have sent 1,200 in 7 days to #a"),
        (RuleForecast(messages={"#a": 1, "#b": 2}), "would have sent 2 to #b and 1 to #a in 7 days"),
        (RuleForecast(messages={"#a": 1, "#b": 2, "#c": 3}), "would have sent 3 to #c, 2 to #b and 1 to #a in 7 days"),
    ],
)
def test_a_forecast_is_said_in_words(one: RuleForecast, says: str) -> None:
    assert spoken(Forecast(asked=WEEK, covered=WEEK, rules={"raa": one}), "raa") == says


def test_a_limit_is_written_as_in_the_configuration() -> None:
    assert rate(Rate(count=20, per=HOUR)) == "20/h"
    assert rate(Rate(count=2, per=DAY)) == "2/d"
    assert rate(Rate(count=2, per=90 * MINUTE)) == "2 in 1 h 30 min"


async def test_deciding_ends_when_the_time_is_up_as_well_and_tells_what_is_certain(press: Press) -> None:
    config = press.rules(RULES)
    await press.open(config)
    begun = press.clock.now()
    for number in range(60):
        await press.visit("bbc", entry(f"n{number}", f"Talks {number}", words(f"n{number}")))
        press.clock.advance(MINUTE)
    looks = iter((0.0, *(2.0 for _ in range(1000))))
    said = forecast(config, now=press.clock.now(), since=HOUR, seconds=1.0, elapsed=lambda: next(looks))
    assert said.is_cut
    assert said.covered == 49 * MINUTE == press.clock.now() - 11 * MINUTE - begun
    assert said.rules["talks"].total == 20  # by the budget
    assert "there was no time to read all of 1 h" in spoken(said, "talks")


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (RuleForecast(messages={"#minerals": 9}), "9 in 7 d → #minerals, budget 20/h"),
        (RuleForecast(messages={"#a": 1, "#b": 2}, waiting=4), "3 in 7 d → #b 2, #a 1, budget 20/h, 4 for a digest"),
        (RuleForecast(found=2), "none in 7 d"),
    ],
)
def test_a_table_has_a_forecast_in_a_few_words(one: RuleForecast, says: str) -> None:
    said = Forecast(asked=WEEK, covered=WEEK, rules={"r": one})
    assert brief(said, "r", Rate(count=20, per=HOUR)) == says
    assert brief(said, "other") == brief(Forecast(asked=WEEK, covered=WEEK, rules={}, why="no store"), "r") == ""
