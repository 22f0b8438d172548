"""What a store's URL says of where it is, before anybody opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.store import engine, postgres

if TYPE_CHECKING:
    from pathlib import Path


def file_of(url: str) -> Path | None:
    """Return the file that a store is; None where a server has it. Raises StoreError for what is no store."""
    return None if postgres.is_meant(url) else engine.locate(url)


def shown(url: str) -> str:
    """Return where a store is, for people, without a password. Raises StoreError for what is no store."""
    file = file_of(url)
    return postgres.spelled(postgres.locate(url)) if file is None else str(file)
