"""From ``notifiers:`` to the notifiers themselves, and what keeps one from being used."""

from __future__ import annotations

import errno
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from alerts.errors import ConfigError, Problem
from alerts.notify import apprise
from alerts.notify.apprise import AppriseNotifier
from alerts.notify.jsonl import JsonlNotifier
from alerts.notify.switchboard import Switchboard
from alerts.notify.webhook import TIMEOUT, WebhookNotifier
from crawler.config.model import AppriseConfig, JsonlConfig, WebhookConfig
from crawler.extras import way_to
from crawler.fetch.guard import refusal, spelled
from crawler.fetch.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from aiohttp.abc import AbstractResolver

    from alerts.notify import Notifier
    from crawler.clock import Clock
    from crawler.config.model import Config, FetchConfig, NotifierConfig
    from crawler.fetch.guard import Network

_SOME_PORT = 443  # one that the guard lets pass: which port of a webhook is called is its writer's choice


def troubles(config: Config) -> list[Problem]:
    """Return why notifiers cannot be used, as far as it can be told without a call."""
    found = (_trouble(name, one, config.fetch.allow_private) for name, one in config.notifiers.items())
    return [problem for problem in found if problem]


@asynccontextmanager
async def switchboard(config: Config, main: Notifier, clock: Clock) -> AsyncIterator[Switchboard]:
    """Yield ``main`` together with what ``notifiers:`` names; raises ConfigError when one of those cannot be used."""
    if problems := troubles(config):
        raise ConfigError(problems)
    async with AsyncExitStack() as stack:
        named: dict[str, Notifier] = {}
        for name, one in config.notifiers.items():
            named[name] = _made(one, config, clock)
            stack.push_async_callback(named[name].close)
        yield Switchboard(main, named)


def guarded_session(fetch: FetchConfig, *, resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    """Return a session that connects to public addresses and those of ``fetch.allow_private`` only.

    Each address that a name stands for is looked at when it is connected to, whatever the name meant before. Behind
    ``fetch.proxy`` all that is connected to is the proxy.
    """

    def open_socket(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        reason = None if fetch.proxy else refusal(address[0], _SOME_PORT, fetch.allow_private)
        if reason:
            raise PermissionError(errno.EACCES, reason)
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=open_socket, resolver=resolver or Resolver()),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": fetch.user_agent},
        timeout=TIMEOUT,
        proxy=fetch.proxy.reveal() if fetch.proxy else None,
    )


def _made(one: NotifierConfig, config: Config, clock: Clock) -> Notifier:
    if isinstance(one, WebhookConfig):
        session = guarded_session(config.fetch)
        return WebhookNotifier(one.url.reveal(), one.secret.reveal(), session, clock=clock)
    if isinstance(one, JsonlConfig):
        return JsonlNotifier(one.path, clock=clock)
    sender = apprise.connect(one.url.reveal())
    if sender is None:
        raise ConfigError([_unknown_to_apprise(one)])
    return AppriseNotifier(sender, config.timezone)


def _trouble(name: str, one: NotifierConfig, allowed: Sequence[Network]) -> Problem | None:
    if isinstance(one, WebhookConfig):
        address = spelled(urlsplit(one.url.reveal()).hostname or "")
        reason = refusal(address, _SOME_PORT, allowed) if address else None
        return Problem(one.place, f"the webhook of `{name}` cannot be called: {reason}") if reason else None
    if isinstance(one, JsonlConfig):
        return None
    try:
        return None if apprise.connect(one.url.reveal()) else _unknown_to_apprise(one)
    except ImportError:
        return Problem(one.place, f"`{name}` needs {apprise.MODULE}, which is not installed", way_to("apprise"))


def _unknown_to_apprise(one: AppriseConfig) -> Problem:
    return Problem(
        one.place, "Apprise knows no service by this address", "its documentation lists them, each with its form"
    )
