"""Rules: how much each finds, what people think of that, and its newest matches."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route

from alerts.routing.silence import Matcher, Phase
from alerts.rules.printing import print_query
from alerts.tuning.precision import NO_OPINIONS
from crawler.console.forecasts import told_of
from crawler.console.room import address, asked, story_id
from crawler.console.views import Spark, of_newest, spark, story_row
from crawler.ids import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from alerts.routing.silence import Silence
    from alerts.rules.ruleset import Rule
    from alerts.tuning.precision import Precision
    from crawler.config.model import Config
    from crawler.console.room import Room
    from crawler.store.panes import Volume

DAYS = 14
PAGE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule in the list."""

    id: str
    name: str
    severity: str
    state: str  # on, off, on trial or muted
    tone: str
    days: Spark
    total: int  # stories
    precision: str
    opinion: str  # the same in words
    channels: tuple[str, ...]
    tags: tuple[str, ...]
    owner: str | None
    note: str | None
    kind: str  # what it counts, of a rule on many stories
    muted_until: datetime | None = None


def rule_row(
    rule: Rule,
    volume: Volume | None,
    precision: Precision | None,
    silences: Sequence[Silence],
    *,
    now: datetime,
    defaults: Sequence[str],
) -> RuleRow:
    """Lay a rule out for the list."""
    muted = [one.end for one in silences if one.matcher == Matcher(rules=(rule.id,)) and one.phase(now) is Phase.ACTIVE]
    state, tone = _state(rule, muted=bool(muted))
    days = volume.days if volume else ()
    total = volume.total if volume else 0
    return RuleRow(
        id=rule.id,
        name=rule.name,
        severity=rule.severity.label,
        state=state,
        tone=tone,
        days=spark(days, f"{total} stories in {len(days)} days"),
        total=total,
        precision=f"{precision.relevant}/{precision.judged}" if precision and precision.judged else "-",
        opinion=(precision or NO_OPINIONS).says,
        channels=rule.to or tuple(defaults),
        tags=rule.tags,
        owner=rule.owner,
        note=rule.note,
        kind=_counts(rule),
        muted_until=max(muted, default=None),
    )


def _state(rule: Rule, *, muted: bool) -> tuple[str, str]:
    if not rule.enabled:
        return "off", ""
    if muted:
        return "muted", "warn"
    return ("on trial", "note") if rule.shadow else ("on", "good")


def _counts(rule: Rule) -> str:
    stream = rule.stream
    if stream is None:
        return ""
    named = ("independent_sources", "count", "spike", "first_seen", "silence")
    return ", ".join(name.replace("_", " ") for name in named if getattr(stream, name) is not None)


class Rules:
    """Serves the list and the page of one rule."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [Route("/rules", self.list), Route("/rules/{name}", self.show)]

    async def rows(self, config: Config, rules: Sequence[Rule]) -> list[RuleRow]:
        """Lay some rules out."""
        room, now = self._room, self._room.now()
        volumes: Mapping[str, Volume] = await room.browse.volumes([one.id for one in rules], DAYS, now)
        precisions, silences = await room.browse.precisions(), await room.browse.silences(now)
        return [
            rule_row(one, volumes.get(one.id), precisions.get(one.id), silences, now=now, defaults=config.defaults)
            for one in rules
        ]

    async def list(self, request: Request) -> Response:
        """Show every rule in the order of the file."""
        config, word = self._room.config(), asked(request, "q").lower()
        chosen = [
            one for one in config.rules.rules if not word or word in f"{one.id} {one.name} {' '.join(one.tags)}".lower()
        ]
        rows = await self.rows(config, chosen)
        return self._room.page(request, "rules.html", rows=rows, word=word, days=DAYS, revision=config.rules.revision)

    async def show(self, request: Request) -> Response:
        """Show one rule and its newest matches."""
        room, rule = self._room, self._room.rule(request.path_params["name"])
        below = asked(request, "below")
        (row,) = await self.rows(room.config(), [rule])
        stories = await room.browse.matches(rule.id, story_id(below) if below else None, PAGE + 1)
        rulings = await room.browse.rulings([one.id for one in stories[:PAGE]])
        rows = [
            story_row(one, rulings.get(one.id, ()), of_newest(one, rulings.get(one.id, ()), rule.id))
            for one in stories[:PAGE]
        ]
        wanted = asked(request, "forecast") == "1"
        said = await asyncio.to_thread(told_of, room.config(), room.now(), 1.0, rule.id) if wanted else ()
        older = encode(stories[PAGE - 1].id) if len(stories) > PAGE else None
        return room.page(
            request,
            "rule.html",
            rule=row,
            query=print_query(rule.query),
            rows=rows,
            days=DAYS,
            forecast=said,
            older=address(request.url.path, {"below": older}) if older else None,
            below=below,
        )
