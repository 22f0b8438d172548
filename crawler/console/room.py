"""What every page has at hand, and how a request is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, quote, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse

from alerts.slack.desk import Audit
from crawler.config import values
from crawler.config.credentials import without_credentials
from crawler.console.guard import Visitor
from crawler.ids import STORY_LENGTH, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from alerts.rules.ruleset import Rule
    from crawler.clock import Clock
    from crawler.config.model import Config
    from crawler.console.rendering import Renderer
    from crawler.store.browse import Browse
    from crawler.store.people import People

VISITOR = "tocsin.visitor"  # where the guard puts who asks
MOST_BYTES = 256 * 1024  # of a form
_MOST_FIELDS = 200
LONGEST = 1_000  # characters of a value in an address
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # before any story
_SAID = {  # what was done, after a redirect; the page shows nothing that an address says
    "replayed": "It is tried again.",
    "nothing": "There was nothing to try again.",
    "muted": "Muted. What it finds is still kept.",
    "unmuted": "No longer muted.",
    "noted": "Noted. Thank you.",
    "not-noted": "That message is unknown, or tells of no such rule.",
    "not-muted": "It was not muted by itself; `tocsin silence list` shows what mutes it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The store, the configuration in force, and what draws pages."""

    browse: Browse
    people: People
    config: Callable[[], Config]
    clock: Clock
    renderer: Renderer
    wake: Callable[[], None]  # the courier

    def now(self) -> datetime:
        """Return the time."""
        return self.clock.now()

    def page(self, request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """Render a page."""
        visitor = visitor_of(request)
        shown = {
            "path": request.url.path,
            "visitor": visitor,
            "said": _SAID.get(request.query_params.get("said", ""), ""),
        }
        text = self.renderer.page(template, self.now(), self.config().timezone, shown | context)
        return HTMLResponse(text, status, headers={"cache-control": "no-store"})

    def rule(self, name: str) -> Rule:
        """Return a rule in force by its id; raises HTTPException (404)."""
        found = next((one for one in self.config().rules.rules if one.id == name), None)
        if found is None:
            raise HTTPException(404, "There is no such rule in force.")
        return found

    def hides(self, source: str, url: str) -> bool:
        """Whether the address of a source must not be shown, for it holds a secret."""
        return source in self.config().concealed or without_credentials(url) != url

    def audit(self, deed: str, on: str, detail: str = "") -> Audit:
        """Return what is kept with a change that is made here."""
        return Audit(at=self.now(), user="console", channel=None, deed=deed, on=on, detail=detail)


def visitor_of(request: Request) -> Visitor:
    """Return who asks, as the guard has it."""
    return cast("Visitor", request.scope.get(VISITOR) or Visitor(may_act=False, signed_in=False))


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name; raises HTTPException for what is no small form."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"More than {MOST_BYTES // 1024} KiB were sent.")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "What was sent is no form in UTF-8.") from error
    return {name: given[-1] for name, given in fields.items()}


def asked(request: Request, name: str) -> str:
    """Return a value of the address, empty where it has none; raises HTTPException for a very long one."""
    value = request.query_params.get(name, "").strip()
    if len(value) > LONGEST:
        raise HTTPException(400, f"`{name}` is longer than {LONGEST} characters.")
    return value


def story_id(text: str) -> int:
    """Read a story's code; raises HTTPException (404) for what is none."""
    try:
        number = decode(text) if len(text) == STORY_LENGTH else None
    except ValueError:
        number = None
    if number is None:
        raise HTTPException(404, "There is no such story.")
    return number


def moment(value: str, now: datetime, zone: Any, *, ends_day: bool = False) -> datetime | None:
    """Read a point in time: how long ago (2d), a day, or a day and an hour in a zone; empty is None.

    Raises values.Unusable for anything else.
    """
    if not value:
        return None
    try:
        if _DAY.fullmatch(value):
            day = datetime.combine(datetime.fromisoformat(value), time(), zone) + timedelta(days=ends_day)
            return max(day, _BEGINNING)
        if "-" in value or ":" in value:
            read = datetime.fromisoformat(value)
            return max(read if read.tzinfo else read.replace(tzinfo=zone), _BEGINNING)
        return max(now - values.duration(value), _BEGINNING)
    except (ValueError, OverflowError) as error:
        hint = "write 2d or 12h (ago), 2026-11-02, or 2026-11-02T14:30"
        raise values.Unusable("is no time", hint) from error


def address(path: str, parts: Mapping[str, str | None]) -> str:
    """Return an address with those of its parts that are given."""
    given = {name: value for name, value in parts.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def back(path: str, said: str) -> Response:
    """Send the browser to a page of ours, which says what was done."""
    clean = quote(path if path.startswith("/") and not path.startswith("//") else "/", safe="/?=&%#")
    return RedirectResponse(f"{clean}{'&' if '?' in clean else '?'}said={said}", 303)
