"""What monitoring asks for, on the console's port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from crawler.upkeep.monitor import PATHS

if TYPE_CHECKING:
    from starlette.requests import Request

    from crawler.upkeep.monitor import Rendered


class Monitored(Protocol):
    """What answers; a Monitor is one."""

    async def answer(self, path: str, accept: str = "") -> Rendered | None:
        """Return what stands at a path; None when nothing does."""


def checks(monitor: Monitored) -> list[Route]:
    """Return the routes of a monitor."""

    async def answer(request: Request) -> Response:
        rendered = await monitor.answer(request.url.path, request.headers.get("accept", ""))
        if rendered is None:
            raise HTTPException(404)
        headers = {"content-type": rendered.kind, "cache-control": "no-store"}
        return Response(rendered.body, rendered.status, headers=headers)

    return [Route(path, answer) for path in PATHS]
