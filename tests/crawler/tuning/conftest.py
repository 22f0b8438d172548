from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes import FakeClock


@pytest.fixture
def open_store(sqlite_url: str, clock: FakeClock) -> Callable[[], Store]:
    """Open the same store again and again; that both ways to open one are the same is shown elsewhere."""
    return lambda: Store.open(sqlite_url, clock=clock)
