"""The read API below /api/v1: the store and the configuration in force, for programs."""

from __future__ import annotations

from http import HTTPStatus
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from alerts.errors import QueryError
from alerts.outbox import State
from alerts.rules.printing import print_query
from alerts.search.query import parse
from crawler.config.values import Unusable
from crawler.console import openapi, schemas
from crawler.console.facts import alert_fact, match_facts, rule_fact, source_fact, story_detail, story_fact, why_fact
from crawler.console.pages_rules import DAYS
from crawler.console.pages_stories import EVERYTHING
from crawler.console.room import asked, moment, story_id
from crawler.console.whys import chain_for
from crawler.ids import encode
from crawler.store.search import Search
from crawler.why.subject import Subject, subject_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from alerts.rules.ruleset import Rule
    from crawler.console.room import Room


def problem(status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return why a request is not answered, as RFC 9457 has it."""
    title = HTTPStatus(status).phrase
    fact = schemas.Problem(type="about:blank", title=title, status=status, detail=detail or title)
    return JSONResponse(schemas.plain(fact), status, headers=headers, media_type="application/problem+json")


class Api:
    """Answers programs."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> list[Route]:
        """Return what is served."""
        answers = {
            "/api/v1/stories": self.stories,
            "/api/v1/stories/{story}": self.story,
            "/api/v1/stories/{story}/why": self.why_story,
            "/api/v1/why": self.why,
            "/api/v1/matches": self.matches,
            "/api/v1/alerts": self.alerts,
            "/api/v1/sources": self.sources,
            "/api/v1/sources/{id}": self.source,
            "/api/v1/rules": self.rules,
            "/api/v1/rules/{id}": self.rule,
            "/api/v1/openapi.json": self.document,
        }
        return [Route(path, answer) for path, answer in answers.items()]

    async def document(self, request: Request) -> Response:
        """Describe all of it."""
        _check(request, ())
        return JSONResponse(openapi.document())

    async def stories(self, request: Request) -> Response:
        """Return stories that are looked for."""
        limit, room = _limit(request, "/api/v1/stories"), self._room
        now, zone, cursor = room.now(), room.config().timezone, asked(request, "cursor")
        try:
            query = parse(asked(request, "q")) if asked(request, "q") else EVERYTHING
            wanted = Search(
                query=query,
                since=moment(asked(request, "since"), now, zone),
                until=moment(asked(request, "until"), now, zone, ends_day=True),
                limit=limit + 1,
                below=_below(cursor),
                matched=_word(request, "matched", {"", "1"}) == "1",
            )
            found = await room.browse.search(wanted)
        except QueryError as error:
            raise HTTPException(400, str(error)) from error
        except Unusable as error:
            raise HTTPException(400, f"That {error.message}: {error.hint}.") from error
        rulings = await room.browse.rulings([one.id for one in found[:limit]])
        items = [story_fact(one, rulings.get(one.id, ()), tuple(query.phrases())) for one in found[:limit]]
        return _page(items, encode(found[limit - 1].id) if len(found) > limit else None)

    async def story(self, request: Request) -> Response:
        """Return one story."""
        _check(request, ())
        room, number = self._room, story_id(request.path_params["story"])
        story = await room.browse.story(number)
        if story is None:
            raise HTTPException(404, "There is no such story, or it is kept no longer.")
        rulings = (await room.browse.rulings([number])).get(number, ())
        kin = await room.browse.kin(number, room.now())
        return _json(story_detail(story, rulings, await room.browse.editions(number), kin))

    async def why_story(self, request: Request) -> Response:
        """Return what became of a story."""
        _check(request, ("rule",))
        number = story_id(request.path_params["story"])
        if await self._room.browse.story(number) is None:
            raise HTTPException(404, "There is no such story, or it is kept no longer.")
        return await self._why(request, Subject(story=number))

    async def why(self, request: Request) -> Response:
        """Return what became of something."""
        _check(request, ("of", "rule"))
        subject = subject_of(asked(request, "of"))
        if subject is None:
            raise HTTPException(400, "`of` is no address, no code of a story and no link to a message.")
        return await self._why(request, subject)

    async def _why(self, request: Request, subject: Subject) -> Response:
        rule, room = asked(request, "rule"), self._room
        if rule:
            room.rule(rule)
        return _json(why_fact(await chain_for(room.config(), subject, room.now(), rule=rule or None)))

    async def matches(self, request: Request) -> Response:
        """Return what rules found."""
        limit, room, rule = _limit(request, "/api/v1/matches"), self._room, asked(request, "rule") or None
        if rule:
            room.rule(rule)
        found = await room.browse.matches(rule, _below(asked(request, "cursor")), limit + 1)
        rulings = await room.browse.rulings([one.id for one in found[:limit]])
        items = [fact for one in found[:limit] for fact in match_facts(one, rulings.get(one.id, ()), rule)]
        return _page(items, encode(found[limit - 1].id) if len(found) > limit else None)

    async def alerts(self, request: Request) -> Response:
        """Return messages about stories."""
        limit, cursor = _limit(request, "/api/v1/alerts"), asked(request, "cursor") or None
        state = _word(request, "state", {"", *State})
        states = [State(state)] if state else []
        found = await self._room.browse.deliveries(states=states, below=cursor, limit=limit + 1, about=True)
        items = [alert_fact(one) for one in found[:limit]]
        return _page(items, found[limit - 1].delivery.key if len(found) > limit else None)

    async def sources(self, request: Request) -> Response:
        """Return sources."""
        limit, cursor = _limit(request, "/api/v1/sources"), asked(request, "cursor")
        room, now = self._room, self._room.now()
        found = [one for one in await room.browse.sources(now) if one.id > cursor]
        items = [source_fact(one, now, hidden=room.hides(one.id, one.url)) for one in found[:limit]]
        return _page(items, found[limit - 1].id if len(found) > limit else None)

    async def source(self, request: Request) -> Response:
        """Return one source."""
        _check(request, ())
        room, now, name = self._room, self._room.now(), request.path_params["id"]
        found = next((one for one in await room.browse.sources(now) if one.id == name), None)
        if found is None:
            raise HTTPException(404, "There is no such source.")
        return _json(source_fact(found, now, hidden=room.hides(name, found.url)))

    async def rules(self, request: Request) -> Response:
        """Return rules."""
        limit, cursor = _limit(request, "/api/v1/rules"), asked(request, "cursor")
        known = self._room.config().rules.rules
        before = len(list(takewhile(lambda one: one.id != cursor, known))) + 1 if cursor else 0
        found = known[before : before + limit]
        return _page(await self._rules(found), found[-1].id if len(known) > before + limit else None)

    async def rule(self, request: Request) -> Response:
        """Return one rule."""
        _check(request, ())
        (fact,) = await self._rules([self._room.rule(request.path_params["id"])])
        return _json(fact)

    async def _rules(self, rules: Sequence[Rule]) -> list[schemas.Rule]:
        room = self._room
        volumes = await room.browse.volumes([one.id for one in rules], DAYS, room.now())
        precisions, defaults = await room.browse.precisions(), room.config().defaults
        return [
            rule_fact(one, print_query(one.query), volumes.get(one.id), precisions.get(one.id), defaults)
            for one in rules
        ]


def _limit(request: Request, path: str) -> int:
    """Check the parameters of a list, and return how many items it may have."""
    _check(request, [name for name, _, _ in openapi.PATHS[path][3]])
    written = request.query_params.get("limit", str(openapi.USUAL))
    if not (written.isascii() and written.isdecimal() and 1 <= int(written[:6]) <= openapi.MOST):
        raise HTTPException(400, f"`limit` is a whole number from 1 to {openapi.MOST}.")
    return int(written)


def _check(request: Request, known: Sequence[str]) -> None:
    """Refuse what nobody understands, so that a slip of the pen is no other question."""
    for name, value in request.query_params.multi_items():
        if name not in known:
            hint = f"known here: {', '.join(known)}" if known else "none is known here"
            raise HTTPException(400, f"The parameter `{name[:60]}` is not known; {hint}.")
        if not value.strip():
            raise HTTPException(400, f"`{name}` is empty.")
        if len(request.query_params.getlist(name)) > 1:
            raise HTTPException(400, f"`{name}` is there twice.")


def _word(request: Request, name: str, known: set[str]) -> str:
    value = asked(request, name)
    if value not in known:
        raise HTTPException(400, f"`{name}` is one of {', '.join(sorted(known - {''}))}.")
    return value


def _below(cursor: str) -> int | None:
    try:
        return story_id(cursor) if cursor else None
    except HTTPException as error:
        raise HTTPException(400, "`cursor` is not one that a page of this list gave.") from error


def _json(fact: Any) -> JSONResponse:
    return JSONResponse(schemas.plain(fact), headers={"cache-control": "no-store"})


def _page(items: Sequence[Any], following: str | None) -> JSONResponse:
    facts = {"items": [schemas.plain(one) for one in items], "next": following}
    return JSONResponse(facts, headers={"cache-control": "no-store"})
