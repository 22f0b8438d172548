"""One worker among several: takes up what is free, keeps what it has, and lets go of it when it ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from alerts.errors import StoreError
from crawler.cluster.ears import Ears
from crawler.cluster.jobs import Jobs
from crawler.cluster.leases import KEPT_EVERY, Leases
from crawler.cluster.membership import BEAT, Membership
from crawler.cluster.on_duty import OnDuty
from crawler.cluster.posts import Post
from crawler.cluster.roles import Role
from crawler.cluster.shards import Shards
from crawler.store.heard import CHANNEL
from crawler.store.shared import fence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from alerts.errors import Problem
    from alerts.notify import Notifier
    from crawler.clock import Clock
    from crawler.cluster.posts import Duty
    from crawler.cluster.shards import Hosts
    from crawler.dispatch import Dispatcher
    from crawler.reload import Changes, Hearer
    from crawler.store.shared import Shared
    from crawler.upkeep.metrics import Metrics

LEADING, DELIVERING = "lead", "deliver"
_LOOK = 1.0  # seconds
_OFTEN = 0.5  # seconds between looks at which shards are done with: another may wait for the place
_PATIENCE = timedelta(seconds=3)


class Crawls(Protocol):
    """Who visits what is due."""

    async def begin(self) -> None:
        """Look each second from now on."""

    async def arrived(self) -> None:
        """Look at once."""


class Team:
    """What App needs of all this."""

    def __init__(
        self, conninfo: str, store: Shared, me: str, *, roles: Collection[Role], hosts: Hosts, clock: Clock
    ) -> None:
        """``me`` is the worker's id."""
        self._store = store
        self._clock = clock
        self._roles = roles
        self._conninfo = conninfo
        self.leases = Leases(store, me, clock)
        self.shards = Shards(self.leases, store, hosts, clock)
        self._jobs = Jobs(conninfo, self.shards.serve, clock, me)
        self._posts: list[Post] = []
        self._ears: Ears | None = None
        self._membership: Membership | None = None
        self._on_duty: list[OnDuty] = []
        self.delivery_fence, self.leading_fence = (
            fence(name, me, partial(self.leases.token, name), clock) for name in (DELIVERING, LEADING)
        )

    def measure(self, metrics: Metrics) -> None:
        """Let metrics show what this worker has."""
        metrics.shards.set_function(lambda: len(self.shards.crawled))
        for name in (LEADING, DELIVERING):
            metrics.posts.labels(name).set_function(partial(self.leases.holds, name))

    def on_duty(self, notifier: Notifier) -> Notifier:
        """Return a notifier that says nothing any more once another worker is to deliver."""
        made = OnDuty(notifier, lambda: self.leases.holds(DELIVERING))
        self._on_duty.append(made)
        return made

    def spokesman(self, hearer: Hearer) -> Hearer:
        """Return who hears of a changed configuration, and lets one of all workers tell of it."""
        return _Spokesman(hearer, self)

    @property
    def broke(self) -> asyncio.Event:
        """Set when a bug ended what gives this worker its shards."""
        return self._jobs.broke

    def raise_what_broke(self) -> None:
        """Raise what that ended by, if it did: let it be seen."""
        self._jobs.raise_what_broke()

    @property
    def crawls(self) -> bool:
        """Whether visits are among what this worker may do."""
        return Role.CRAWL in self._roles

    @property
    def leads(self) -> bool:
        """Whether this worker does now what one does for all."""
        return self.leases.holds(LEADING)

    async def start(
        self,
        dispatcher: Dispatcher,
        *,
        crawling: Crawls,
        leading: Duty,
        delivering: Duty,
        wake: Callable[[], None],
        done: Callable[[], tuple[int, int]],
    ) -> None:
        """Join, and take up what the roles allow.

        ``wake`` tells who delivers, ``done`` counts visits and stories. Raises StoreError.
        """

        def counts() -> tuple[int, int, int]:
            return *done(), sum(one.sent for one in self._on_duty)

        self._membership = Membership(self._store, self.leases.me, self._roles, self._clock, counts)
        await self._membership.join()
        dispatcher.every(KEPT_EVERY, self.leases.keep, name="leases")
        dispatcher.every(BEAT, self._membership.beat, name="membership")
        if Role.MAINTENANCE in self._roles:
            self._posts.append(Post(LEADING, leading, self.leases))
        if Role.DELIVER in self._roles:
            self._posts.append(Post(DELIVERING, delivering, self.leases))
            self._ears = Ears(self._conninfo, CHANNEL, wake, self._clock)
            self._ears.start()
        dispatcher.every(_OFTEN, self.shards.look, name="shards")
        for post in self._posts:
            dispatcher.every(_LOOK, post.look, name=f"post-{post.name}")
            await post.look()
        if self.crawls:
            self.shards.arrived = crawling.arrived
            await crawling.begin()
            await self._jobs.start()
            dispatcher.every(_LOOK, self._hand_out, name="jobs")

    async def leave_posts(self, patience: timedelta) -> None:
        """Lay down what this worker does for all, so that another can take it up; calls may take so long to end."""
        await asyncio.gather(*(post.leave(patience) for post in self._posts))

    async def stop(self) -> None:
        """Let go of all the rest."""
        await self.shards.close()
        await self._jobs.stop(_PATIENCE)
        if self._ears:
            await self._ears.stop()
        if self._membership:
            await self._membership.beat(last=True)

    async def _hand_out(self) -> None:
        """Queue the shards in which something is due and that nobody has."""
        await self._jobs.sweep()
        now = self._clock.now()
        try:
            waiting = set(await self._store.waiting_shards(now))
        except StoreError:
            return  # whoever else asks the store says so
        await self._jobs.kick(waiting - self.shards.crawled)


class _Spokesman:
    """Hears of a changed configuration in each worker, and tells of it in the one that leads."""

    def __init__(self, hearer: Hearer, team: Team) -> None:
        self._hearer = hearer
        self._team = team

    async def refused(self, problems: Sequence[Problem]) -> None:
        """Hear that a changed configuration has mistakes."""
        if self._team.leads:
            await self._hearer.refused(problems)

    async def adopted(self, changes: Changes) -> None:
        """Hear that a changed configuration is in force."""
        if self._team.leads:
            await self._hearer.adopted(changes)
