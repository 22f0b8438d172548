"""Builds the parts that a configuration may leave out, or of which there is more than one kind."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alerts.notify.fallback import Fallback
from crawler.capture.recorder import Recorder
from crawler.capture.shelf import Shelf, folder_of
from crawler.config.capture import secrets_of
from crawler.desk.reception import Reception
from crawler.ids import Ids
from crawler.store import Store
from crawler.store.postgres import conninfo

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from alerts.slack.desk import Desk
    from crawler.clock import Clock
    from crawler.cluster.roles import Role
    from crawler.cluster.team import Team
    from crawler.config.model import Config, SlackConfig
    from crawler.fetch.hops import Fetcher
    from crawler.patrol.turns import Turns

log = logging.getLogger(__name__)


def reception(slack: SlackConfig, desk: Desk, clock: Clock) -> Reception | None:
    """Return what hears buttons and commands, where both tokens are there for it."""
    if slack.app_token is None or slack.token is None:
        return None
    tokens = (slack.app_token.reveal(), slack.token.reveal())
    return Reception(*tokens, slack.api_url, desk=desk, admins=slack.admins, clock=clock)


def opened(config: Config, clock: Clock, *, shared: bool) -> Store:
    """Open the store, alone or together with other workers; raises StoreError."""
    if not shared:
        return Store.open(config.store, clock=clock)
    from crawler.cluster.tables import make_tables  # the extra [scale]

    return Store.share(config.store, make_tables)


def team(config: Config, shared: Store, roles: Collection[Role], turns: Turns, clock: Clock) -> Team:
    """Return what shares the work with other processes."""
    from crawler.cluster.team import Team  # the extra [scale]

    return Team(conninfo(config.store), shared.shared, Ids(clock).delivery(), roles=roles, hosts=turns, clock=clock)


def all_around(layers: Sequence[Callable[[Fetcher], Fetcher]]) -> Callable[[Fetcher], Fetcher] | None:
    """Return what puts all of these around who makes the requests, the first nearest to it."""
    if not layers:
        return None

    def around(fetcher: Fetcher) -> Fetcher:
        for layer in layers:
            fetcher = layer(fetcher)
        return fetcher

    return around


def fallback(config: Config, of: Store, clock: Clock, wake: Callable[[], None]) -> Fallback | None:
    """Return what copies critical messages to the fallback, where there is one."""
    return Fallback(of, config.fallback, clock.now, wake=wake, log=log) if config.fallback else None


def recorder(config: Config, clock: Clock) -> Recorder | None:
    """Return what keeps raw answers, where they are to be kept."""
    if config.capture is None:
        return None
    return Recorder(Shelf(folder_of(config), config.capture), clock, secrets_of(config))
