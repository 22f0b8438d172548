"""WebSub: subscribes to the hubs that feeds name, and visits a source at once when its hub says that it has news."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from alerts.errors import FetchError, StoreError
from crawler.fetch.handler import Client, identity
from crawler.visits.subscription import Signature, Subscription, changes
from spiders.base import is_web_address, next_hop

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from crawler.clock import Clock
    from crawler.config.model import FetchConfig, WebSubConfig
    from crawler.visits.subscription import Offer

log = logging.getLogger(__name__)

_AT_A_TIME = 10  # hubs asked in one round
_BODY_TIME = 30.0  # seconds for a pushed body to arrive
_LONGEST_CHALLENGE = 4_096  # characters
_MOVED = frozenset({307, 308})
_PLAIN = {"X-Content-Type-Options": "nosniff"}  # a challenge is somebody else's text


class Subscriptions(Protocol):
    """Where subscriptions are kept; declared here, answered by the store. All raise StoreError."""

    async def subscriptions(self) -> Sequence[Subscription]:
        """Return all that are kept."""

    async def keep_subscription(self, subscription: Subscription) -> None:
        """Keep one, in place of what was kept of it."""

    async def drop_subscription(self, path: str) -> object:
        """Forget one."""

    async def offers(self) -> Sequence[Offer]:
        """Return the sources that are visited and whose documents name a hub."""

    async def visit_soon(self, source: str, now: datetime) -> bool:
        """Make a source due, unless it is held back; tell whether it is due now."""


@dataclass(frozen=True, slots=True)
class _Push:
    """What came to a callback."""

    signed: bool
    size: int


class WebSub:
    """Listens for hubs, and keeps a subscription for every source that names one.

    A push is believed when its signature is right, and even then nothing of it is taken but that the source has
    news: the source is visited, with everything that a visit is guarded by.
    """

    def __init__(
        self,
        config: WebSubConfig,
        fetch: FetchConfig,
        store: Subscriptions,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        token: Callable[[], str] = secrets.token_urlsafe,
    ) -> None:
        """``tls`` is for the hubs' certificates; ``token`` makes what nobody can guess."""
        self._config = config
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._tls = tls
        self._token = token
        self._known: dict[str, Subscription] = {}
        self._client: Client | None = None
        self._runner: web.AppRunner | None = None
        self._suspects: set[str] = set()  # paths whose first bad signature was logged
        self._mute = False  # that nobody can listen was said
        self.counts: Counter[str] = Counter()  # what came to the callbacks

    @property
    def port(self) -> int:
        """The port that is listened at; 0 while nobody listens."""
        addresses = self._runner.addresses if self._runner else []
        return int(addresses[0][1]) if addresses else 0

    def configure(self, fetch: FetchConfig) -> None:
        """Ask hubs as ``fetch`` says from now on."""
        self._fetch = fetch
        if self._client is not None:
            self._client.configure(fetch)

    async def start(self) -> None:
        """Take up the subscriptions, and listen. Raises StoreError."""
        self._client = Client(self._fetch, tls=self._tls)
        self._known.clear()
        for one in await self._store.subscriptions():
            if one.callback == self._callback(one.path):
                self._known[one.path] = one
            else:  # it was made under another public_url, where nobody hears it any more
                await self._store.drop_subscription(one.path)
        await self._listen()

    async def stop(self) -> None:
        """Listen no more; subscriptions outlast us, so that the next start takes them up."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def tick(self) -> None:
        """Do what is due: second looks, new and outdated subscriptions, renewals; to be called every few seconds."""
        try:
            if self._runner is None and not await self._listen():
                return
            await self._look_again()
            self._plan(await self._store.offers())
            await self._ask_hubs()
        except StoreError as error:  # the next round finds it as it was
            log.warning("websub-refused", extra={"detail": str(error)})

    async def _listen(self) -> bool:
        app = web.Application()
        app.router.add_route("GET", "/{path:.*}", self._verify)
        app.router.add_route("POST", "/{path:.*}", self._receive)
        # The signature is over the bytes as they are sent.
        runner = web.AppRunner(app, access_log=None, auto_decompress=False, keepalive_timeout=15, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._config.host, self._config.port).start()
        except OSError as error:
            await runner.cleanup()
            if not self._mute:
                detail = f"websub.listen: {self._config.host}:{self._config.port} cannot be listened at: {error}"
                log.error("websub-mute", extra={"detail": detail, "next": "sources are polled; tried again"})  # noqa: TRY400 -- the way out is in the configuration, not in our stack
            self._mute = True
            return False
        self._runner, self._mute = runner, False
        log.info("websub-listens", extra={"port": self.port, "public_url": self._config.public_url})
        return True

    # ------------------------------------------------------------ asking hubs

    def _plan(self, offers: Sequence[Offer]) -> None:
        """Note what is to be asked; each is kept in the store when its hub is asked."""
        for one in list(changes(self._known.values(), offers, self._clock.now(), self._new)):
            self._known[one.path] = one

    def _new(self, offer: Offer) -> Subscription:
        path = self._token()
        return Subscription(
            path=path,
            source=offer.source,
            hub=offer.hub,
            topic=offer.topic,
            callback=self._callback(path),
            secret=self._token(),
            next_at=self._clock.now(),
        )

    def _callback(self, path: str) -> str:
        return f"{self._config.public_url.rstrip('/')}/{path}"

    async def _ask_hubs(self) -> None:
        now = self._clock.now()
        due = sorted((one for one in self._known.values() if one.next_at <= now), key=lambda one: one.next_at)
        for path in [one.path for one in due[:_AT_A_TIME]]:
            one = self._known.get(path)  # as it is by then: hubs come at any time
            if one is None:
                continue
            if one.is_over():
                await self._drop(one)
            else:
                await self._ask(one)

    async def _ask(self, one: Subscription) -> None:
        """Ask a hub; whether it agrees it comes to say by itself, maybe before it answers."""
        asked = one.asked(self._clock.now())
        await self._keep(asked)
        try:
            await self._post(asked)
        except FetchError as error:
            log.info("websub-failed", extra={"source": one.source, "hub": one.hub, "detail": str(error)})
            now = self._known.get(one.path)
            if now is not None and now.asking == asked.asking:  # not confirmed meanwhile
                await self._settle(now, now.refused(str(error)[:300], self._clock.now()))

    async def _post(self, asked: Subscription) -> None:
        """Send what is asked; raises FetchError when the hub does not accept it."""
        if self._client is None:
            raise RuntimeError("start() comes first")
        if not is_web_address(asked.hub):
            raise FetchError("bad-url", f"the hub is no web address: {asked.hub[:200]}")
        headers = {**identity(self._fetch), "Content-Type": "application/x-www-form-urlencoded"}
        trail: tuple[str, ...] = (asked.hub,)
        while True:
            page = await self._client.ask(trail[-1], headers, method="POST", body=asked.form())
            if page.status not in _MOVED or not page.header("location"):
                break
            trail = (*trail, next_hop(trail, page.header("location")))
        if not HTTPStatus.OK <= page.status < HTTPStatus.MULTIPLE_CHOICES:
            said = page.body[:200].decode("utf-8", "replace")
            raise FetchError(f"http-{page.status}", said, status=page.status)

    async def _look_again(self) -> None:
        now = self._clock.now()
        due = [one for one in self._known.values() if one.look_at is not None and one.look_at <= now]
        self._known |= {one.path: one.looked_again(now) for one in due}
        for one in due:
            await self._store.visit_soon(one.source, now)
            await self._keep(self._known[one.path])

    # ------------------------------------------------------------ what hubs come to say

    def _addressed(self, request: web.Request) -> Subscription | None:
        return self._known.get(request.path.rpartition("/")[2])

    async def _verify(self, request: web.Request) -> web.Response:
        """Answer a hub that asks whether it was really us, or that denies."""
        one, said = self._addressed(request), request.query
        mode, topic, challenge = (said.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge"))
        if one is None:
            return self._stranger()
        if mode == "denied" and topic == one.topic:
            log.warning("websub-denied", extra={"source": one.source, "hub": one.hub, "detail": said.get("hub.reason")})
            await self._settle(one, one.denied(said.get("hub.reason", ""), self._clock.now()))
            return web.Response()
        if not one.confirms(mode, topic) or not 0 < len(challenge) <= _LONGEST_CHALLENGE:
            self.counts["unasked"] += 1
            return web.Response(status=HTTPStatus.NOT_FOUND, text="not asked for\n")
        now = self._clock.now()
        granted = one.confirmed(_seconds(said.get("hub.lease_seconds", "")), now)
        try:
            await self._settle(one, granted)
        except StoreError as error:  # the hub hears no yes, so it is asked once more
            log.warning("websub-refused", extra={"source": one.source, "detail": str(error)})
            self._known[one.path] = one.refused("the store failed", now) or one
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        until = granted.until if granted else None
        log.info("websub-confirmed", extra={"source": one.source, "hub": one.hub, "mode": mode, "until": until})
        return web.Response(text=challenge, headers=_PLAIN)

    async def _receive(self, request: web.Request) -> web.Response:
        """Take a push: nothing of it is kept, and a bad signature is not told, as WebSub asks."""
        one = self._addressed(request)
        if one is None or not one.wanted:
            return self._stranger()
        try:
            async with asyncio.timeout(_BODY_TIME):
                push = await self._read(request, one)
        except TimeoutError:
            return web.Response(status=HTTPStatus.REQUEST_TIMEOUT)
        if push.size > self._fetch.max_body:
            self.counts["too-large"] += 1
            return web.Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not push.signed:
            self._note_forgery(one)
            return web.Response()
        self.counts["pushed"] += 1
        await self._heard(one.path)
        return web.Response()

    async def _read(self, request: web.Request, one: Subscription) -> _Push:
        """Look at the body as it comes; none of it stays in memory."""
        signature, size = Signature(request.headers.get("X-Hub-Signature", ""), one.secret), 0
        async for piece in request.content.iter_any():
            size += len(piece)
            if size > self._fetch.max_body:
                break
            signature.update(piece)
        return _Push(signed=signature.holds(), size=size)

    async def _heard(self, path: str) -> None:
        one = self._known.get(path)
        if one is None:
            return
        now = self._clock.now()
        later, at_once = one.heard(now)
        self._known[path] = later  # at once, so that a storm is one visit
        if at_once:
            await self._keep(later)
            due = await self._store.visit_soon(one.source, now)
            log.info(
                "pushed", extra={"source": one.source, "visit": "now" if due else "when it is no longer held back"}
            )

    def _note_forgery(self, one: Subscription) -> None:
        self.counts["forged"] += 1
        if one.path not in self._suspects:
            self._suspects.add(one.path)
            log.warning("websub-forged", extra={"source": one.source, "detail": "a push without the right signature"})

    def _stranger(self) -> web.Response:
        self.counts["stranger"] += 1
        return web.Response(status=HTTPStatus.GONE, text="there is no such subscription\n")

    # ------------------------------------------------------------ what is kept

    async def _settle(self, one: Subscription, later: Subscription | None) -> None:
        if later is None:
            await self._drop(one)
        else:
            await self._keep(later)

    async def _keep(self, one: Subscription) -> None:
        self._known[one.path] = one
        await self._store.keep_subscription(one)

    async def _drop(self, one: Subscription) -> None:
        self._known.pop(one.path, None)
        self._suspects.discard(one.path)
        await self._store.drop_subscription(one.path)


def _seconds(text: str) -> timedelta | None:
    return timedelta(seconds=int(text[:9])) if text.isascii() and text.isdigit() else None
