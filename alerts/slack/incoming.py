"""IncomingNotifier: posts to Slack through an incoming webhook, which takes messages and gives nothing back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import aiohttp

from alerts.errors import CardRefused, DeliveryError, Later, RouteRefused, Unclear
from alerts.outbox import Receipt
from alerts.slack.blocks import Rung, message
from alerts.slack.errors import RATE_LIMITED, classify, refusal, retry_after

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from alerts.face import Face
    from alerts.outbox import Delivery

TAKEN = "ok"
_ANSWER_READ = 200  # bytes; Slack answers with one word
_SAID = ("text", "parse", "blocks", "unfurl_links", "unfurl_media")  # of chat.postMessage, what a webhook takes
_ROUTE = frozenset({"invalid_token", "no_active_hooks", "no_service", "no_service_id", "no_team", "team_disabled"})
_CARD_STATUS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


class IncomingNotifier:
    """Posts to the one channel that the webhook was made for, whatever channel a rule names.

    Slack does not say where the message stands, so nothing can be answered in a thread, edited or found again; after
    an unclear answer a message is sent again and says that it may be a repeat. The session is taken over and closed.
    The address is a secret and stands in no error.
    """

    rungs = len(Rung)

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def send(self, delivery: Delivery, face: Face) -> Receipt:
        """Post ``face``, as plain as ``delivery.rung`` says; raises Later, Unclear, CardRefused or RouteRefused."""
        full = message(face, delivery=delivery, channel=delivery.channel, rung=Rung(delivery.rung))
        said = {name: full[name] for name in _SAID if name in full}
        try:
            async with self._session.post(self._url, json=said, allow_redirects=False) as response:
                word = (await response.content.read(_ANSWER_READ)).decode(errors="replace").strip()
                problem = judge(response.status, response.headers, word)
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise RouteRefused("bad-address", "slack.webhook is no address that can be called") from error
        except aiohttp.ClientResponseError as error:  # its words repeat the address
            raise Unclear("unreadable-answer", type(error).__name__) from error
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise classify(error) from error
        if problem:
            raise problem
        return Receipt(channel=delivery.channel, message=delivery.key)

    async def edit(self, delivery: Delivery, face: Face) -> None:
        """Do nothing: a webhook cannot edit."""

    async def find(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Receipt] | None:
        """Return None: a webhook cannot look."""
        del channel, keys, since, thread
        return None

    async def copies(
        self, channel: str, keys: Collection[str], since: datetime, thread: str | None = None
    ) -> Mapping[str, Sequence[Receipt]] | None:
        """Return None: a webhook cannot look."""
        del channel, keys, since, thread
        return None

    async def delete(self, receipt: Receipt) -> None:
        """Do nothing: nothing can be taken back."""

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()


def judge(status: int, headers: Mapping[str, str], word: str) -> DeliveryError | None:
    """Return what an answer means; None when the message was taken."""
    if status == HTTPStatus.OK:
        return None if word == TAKEN else Unclear("unreadable-answer", "accepted, but not with Slack's word")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Later(RATE_LIMITED, after=retry_after(headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unclear(f"http-{status}")
    if status < HTTPStatus.BAD_REQUEST:
        return RouteRefused(f"http-{status}", "slack.webhook leads elsewhere")
    return _refused(status, word if word.isidentifier() else f"http-{status}")


def _refused(status: int, code: str) -> DeliveryError:
    """Return what a refusal means; a webhook has one channel, so it is never the channel alone."""
    problem = refusal(code, f"HTTP {status}")
    if isinstance(problem, (CardRefused, Later, RouteRefused)):
        return problem
    unknown = isinstance(problem, Unclear) and code not in _ROUTE
    kind = CardRefused if unknown and status in _CARD_STATUS else RouteRefused
    return kind(problem.code, problem.detail)
