"""The home page in Slack: how the sources do, worst first, and what is muted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from alerts.card import clean
from alerts.slack.actions import HOME, unmute_button
from alerts.slack.elements import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    Block = dict[str, Any]

# Slack's limits of a view.
BLOCKS_LIMIT = 100
BYTES_LIMIT = 250_000

MUTES_SHOWN = 20
SOURCES_SHOWN = 60
_NAME_LIMIT = 80
_TROUBLE_LIMIT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFact:
    """How a source does; ``trouble`` is empty while it does well."""

    name: str
    trouble: str = ""
    last_good: datetime | None = None  # the last visit that brought a usable answer
    fresh: int = 0  # new stories in the last 24 h


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteFact:
    """A rule that tells nobody for a while, or whatever else somebody silenced."""

    rule: str  # or what else its Undo button carries: the id of a silence
    until: datetime
    by: str  # the user's id
    says: str = ""  # what is muted, in words; "": the rule


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """All that the home page shows."""

    version: str
    sources: Sequence[SourceFact] = ()
    mutes: Sequence[MuteFact] = ()
    waiting: int = 0  # messages
    dead: int = 0  # messages refused in every form
    last_alert: datetime | None = None


def home(facts: HomeFacts, *, undo: bool = True) -> dict[str, Any]:
    """Return the view for ``views.publish``, within Slack's limits whatever the facts; what is left out is counted.

    With ``undo`` each mute has a button that ends it.
    """
    mutes, sources = MUTES_SHOWN, SOURCES_SHOWN
    while size(view := _view(facts, mutes, sources, undo=undo)) > BYTES_LIMIT and mutes + sources > 0:
        mutes, sources = mutes // 2, sources // 2  # only names of hundreds of characters lead here
    return view


def size(view: dict[str, Any]) -> int:
    """Return how many bytes a view takes on the wire."""
    return len(json.dumps(view).encode())


def when(moment: datetime, form: str = "{date_short_pretty} {time}") -> str:
    """Return a moment as mrkdwn that each reader sees in their own zone, or in words where Slack cannot show it."""
    words = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    stamp = int(moment.timestamp())
    return f"<!date^{stamp}^{form}|{words}>" if stamp > 0 else words


def _view(facts: HomeFacts, mutes: int, sources: int, *, undo: bool) -> dict[str, Any]:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Tocsin", "emoji": False}},
        _context(_summary(facts)),
        *_mutes(facts.mutes, mutes, undo=undo),
        {"type": "divider"},
        *_sources(facts.sources, sources),
    ]
    return {"type": "home", "callback_id": HOME, "blocks": blocks}


def _summary(facts: HomeFacts) -> str:
    well = sum(not source.trouble for source in facts.sources)
    last = f"last alert {when(facts.last_alert, '{ago}')}" if facts.last_alert else "no alert yet"
    dead = [f":warning: {facts.dead:,} refused in every form"] if facts.dead else []
    parts = [f"{well} of {len(facts.sources)} sources well", f"{facts.waiting:,} messages wait", *dead, last]
    return " · ".join([*parts, f"version {escape(clean(facts.version, 40), 60)}"])


def _mutes(mutes: Sequence[MuteFact], limit: int, *, undo: bool) -> list[Block]:
    if not mutes:
        return []
    soonest = sorted(mutes, key=lambda mute: (mute.until, mute.rule))
    shown = [_mute(number, mute, undo=undo) for number, mute in enumerate(soonest[:limit])]
    more = len(mutes) - limit
    return [{"type": "divider"}, *shown, *([_context(f"+{more:,} more mutes: `/tocsin rules`")] if more > 0 else [])]


def _mute(number: int, mute: MuteFact, *, undo: bool) -> Block:
    what = escape(clean(mute.says or mute.rule, _NAME_LIMIT).replace("`", "'"), 3 * _NAME_LIMIT)
    by = escape(clean(mute.by, _NAME_LIMIT), 3 * _NAME_LIMIT)
    block = _section(f"mute:{number}", f":no_bell: `{what}` is muted until {when(mute.until)}, by {by}")
    button = unmute_button(HOME, mute.rule) if undo else None
    return block | ({"accessory": button} if button else {})


def _sources(sources: Sequence[SourceFact], limit: int) -> list[Block]:
    if not sources:
        return [_context("No sources yet: add some to config.yaml.")]
    worst = sorted(sources, key=lambda source: (not source.trouble, _age(source), source.name))
    shown = [_source(number, source) for number, source in enumerate(worst[:limit])]
    rest = worst[limit:]
    if not rest:
        return shown
    ill = sum(bool(source.trouble) for source in rest)
    return [*shown, _context(f"+{len(rest):,} more sources, {ill:,} of them in trouble: `tocsin sources list`")]


def _age(source: SourceFact) -> float:
    return source.last_good.timestamp() if source.last_good else 0.0


def _source(number: int, source: SourceFact) -> Block:
    mark = ":warning:" if source.trouble else ":white_check_mark:"
    name = escape(clean(source.name, _NAME_LIMIT).replace("*", "·"), 3 * _NAME_LIMIT)
    good = f"last good {when(source.last_good, '{ago}')}" if source.last_good else "never answered well"
    trouble = escape(clean(source.trouble, _TROUBLE_LIMIT), 2 * _TROUBLE_LIMIT)
    parts = [f"{mark} *{name}*  {good}", f"{source.fresh:,} new in 24 h", *([trouble] if trouble else [])]
    return _section(f"source:{number}", " · ".join(parts))


def _section(block_id: str, text: str) -> Block:
    return {"type": "section", "block_id": block_id, "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}
