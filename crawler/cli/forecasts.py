"""The volume forecast of rules, wherever a command shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from crawler.config.model import Config
    from crawler.replay.forecast import Forecast

QUICK = 0.6  # seconds that a forecast beside other things may take
_NAMED = 3  # rules and channels that a summary names


def forecast_of(config: Config, rules: Collection[str] | None = None, seconds: float = QUICK) -> Forecast:
    """Return what rules would have told in the last seven days; it raises nothing."""
    from crawler.clock import SystemClock
    from crawler.replay.forecast import forecast

    return forecast(config, now=SystemClock().now(), rules=rules, seconds=seconds)


def words(config: Config, said: Forecast, rule: str) -> str:
    """Say it of one rule: ``would have sent 9 in 7 days to #minerals, budget 20/h``."""
    from crawler.replay.forecast import spoken

    return spoken(said, rule, config.routing.budget)


def short(config: Config, said: Forecast, rule: str) -> str:
    """Say it in a table: ``9 in 7 d → #minerals, budget 20/h``."""
    from crawler.replay.forecast import brief

    return brief(said, rule, config.routing.budget)


def facts(said: Forecast, rule: str) -> dict[str, object] | None:
    """Return the forecast of a rule for programs; None where nothing is known."""
    one = said.rules.get(rule)
    if one is None:
        return None
    return {
        "days": round(said.covered.total_seconds() / 86_400, 3),
        "found": one.found,
        "messages": one.messages,
        "replies": one.replies,
        "waiting_for_digests": one.waiting,
    }


def summary(config: Config, said: Forecast) -> str:
    """Say it of all rules together, with the channels and the rules that have most of it."""
    from crawler.replay.forecast import rate, time_of

    if not said.is_known:
        return f"no forecast: {said.why}"
    channels: dict[str, int] = {}
    for one in said.rules.values():
        for channel, number in one.messages.items():
            channels[channel] = channels.get(channel, 0) + number
    total = sum(channels.values())
    if not total:
        return f"the rules would have sent nothing in {time_of(said)}"
    to = _most(channels)
    by = _most({rule: one.total for rule, one in said.rules.items() if one.total})
    budget = f", budget {rate(config.routing.budget)} each" if config.routing.budget else ""
    return f"the rules would have sent {total:,} in {time_of(said)}: {to}{budget}; most by {by}"


def _most(counts: dict[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    named = ", ".join(f"{name} {number:,}" for name, number in ranked[:_NAMED])
    return f"{named} and {len(ranked) - _NAMED} more" if len(ranked) > _NAMED else named
