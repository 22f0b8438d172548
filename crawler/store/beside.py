"""Short changes to a store beside the daemon that has it, and how the daemon notices them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from alerts.errors import StoreError
from crawler.store import Store, opening

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.clock import Clock
    from crawler.store import engine

log = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds that a change waits for its turn; the daemon's longest take some seconds


def open_beside(url: str, clock: Clock, patience: float = PATIENCE, *, library: engine.Version | None = None) -> Store:
    """Open a store for changes of a moment, whether a daemon runs or not; see docs/adr/0012-commands-write-beside.md.

    It is neither made nor migrated, nothing of a daemon is taken back, and each change waits up to ``patience``
    seconds for its turn. Where the SQLite ``library``, by default the one in use, cannot bear two connections at work
    on one WAL, no daemon may run. Raises StoreError, which says what to do.
    """
    writer, lock = opening.beside(url, clock.now(), patience, library)
    return Store(writer, writer, lock)


class Counted(Protocol):
    """What says whether others wrote."""

    async def others_wrote(self) -> int:
        """Return a number that changes whenever another process has written. Raises StoreError."""


class Neighbours:
    """Notices what commands wrote beside this process."""

    def __init__(self, store: Counted, tell: Callable[[], None], *, many: bool = False) -> None:
        """``many`` says that other workers write all the time, which is worth no line in the log."""
        self._store = store
        self._tell = tell
        self._level = logging.DEBUG if many else logging.INFO
        self._last: int | None = None

    async def look(self) -> None:
        """Tell when somebody wrote since the last look; to be called every second."""
        try:
            count = await self._store.others_wrote()
        except StoreError as error:
            log.warning("neighbours-unseen", extra={"detail": str(error), "next": "looked for again in a second"})
            return
        if self._last not in {None, count}:
            log.log(self._level, "store-changed", extra={"by": "a command beside this process"})
            self._tell()
        self._last = count
