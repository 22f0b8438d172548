"""Brings a database to the schema of this program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import column, inspect, select, table

from alerts.errors import StoreError
from crawler.store import unfinished
from crawler.store.schema import HEAD

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Migrate inside the caller's transaction, so a crash midway leaves the old schema whole.

    Raises StoreError when a newer program made the database, or it is an unfinished copy.
    """
    unfinished.heed(connection)
    found = revision(connection)
    if found == HEAD:
        return  # without importing Alembic: a start is quick
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"the database has the schema {found}, which only a newer Tocsin knows (this one knows {HEAD}): "
            f"update Tocsin, or restore a backup that was made before the update"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def require_head(connection: Connection) -> None:
    """Raise StoreError unless the schema is this program's and all is there; for those who may only read."""
    unfinished.heed(connection)
    if (found := revision(connection)) is None:
        raise StoreError("there is no store in this database yet: `tocsin run` or `tocsin once` makes it")
    if found != HEAD:
        raise StoreError(
            f"the database has the schema {found}, and this Tocsin needs {HEAD}: "
            f"`tocsin run` or `tocsin once` brings an older one up to date; a newer one needs a newer Tocsin"
        )


def revision(connection: Connection) -> str | None:
    """Return the revision of the schema; None for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table("alembic_version")))
    return found


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
