"""Conditions on many stories together, which a rule may have beside ``when:``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from alerts.rules.spec import Rate, SpikeSpec, StreamSpec
from crawler.config import values

if TYPE_CHECKING:
    from typing import Literal

    from crawler.config.nodes import Section

_MINUTE = timedelta(minutes=1)
_LONGEST_WINDOW = timedelta(days=90)
_MANY = 100_000
_OUTLETS = 50
_window = values.duration_between(_MINUTE, _LONGEST_WINDOW)


def read_stream(rule: Section) -> StreamSpec | None:
    """Read a rule's conditions on the stream; None when it has none."""
    stream = StreamSpec(
        independent_sources=rule.optional("independent_sources", values.whole(2, _OUTLETS)),
        count=_read_count(rule),
        spike=_read_spike(rule),
        first_seen=cast(
            'Literal["term", "source"] | None', rule.optional("first_seen", values.choice("term", "source"))
        ),
        silence=rule.optional("silence", _window),
    )
    silence = rule.get("silence")
    for other in ("independent_sources", "count", "spike", "first_seen"):
        if silence and rule.tried(other):
            silence.error(f"`silence` cannot stand beside `{other}`", "write two rules")
    return None if stream == StreamSpec() else stream


def _read_count(rule: Section) -> Rate | None:
    section = rule.section("count")
    if not rule.tried("count"):
        return None
    n, within = section.required("n"), section.required("within")
    count = n.read(values.whole(2, _MANY)) if n else None
    per = within.read(_window) if within else None
    return None if count is None or per is None else Rate(count=count, per=per)


def _read_spike(rule: Section) -> SpikeSpec | None:
    section = rule.section("spike")
    if not rule.tried("spike"):
        return None
    given = [section.required(key) for key in ("times", "within", "against")]
    times = given[0].read(values.factor) if given[0] else None
    within = given[1].read(_window) if given[1] else None
    against = given[2].read(_window) if given[2] else None
    if given[2] and within is not None and against is not None and against < 2 * within:
        given[2].error(
            f"`against: {values.spell(against)}` is too short a past for `within: {values.spell(within)}`",
            f"compare with at least {values.spell(2 * within)}; 14d is a good value",
        )
    if times is None or within is None or against is None:
        return None
    return SpikeSpec(times=times, within=within, against=against)
