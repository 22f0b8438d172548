from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.console.rendering import Renderer
from tests.crawler.console.house import House, furnish, house

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture
async def empty(tmp_path: Path, empty_sqlite: Path, renderer: Renderer) -> AsyncIterator[House]:
    """A console over a store without stories."""
    async with house(tmp_path, empty_sqlite, renderer) as one:
        yield one


@pytest.fixture
async def full(empty: House) -> House:
    """A console over a store with four stories: told, refused, waiting, and of no rule."""
    await furnish(empty)
    return empty
