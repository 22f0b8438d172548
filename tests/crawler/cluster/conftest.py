from __future__ import annotations

import asyncio

import pytest

from crawler.cluster.tables import make_tables
from crawler.store import Store
from crawler.store.postgres import conninfo


@pytest.fixture
def shared_url(postgres_url: str) -> str:
    """Return the address, as the driver takes it, of a database with all that workers need."""
    asyncio.run(Store.share(postgres_url, make_tables).close())
    return conninfo(postgres_url)
