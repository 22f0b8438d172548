"""Procrastinate's tables: made where there are none, and made anew when another release of it wants others."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from procrastinate.schema import SchemaManager
from psycopg import sql

if TYPE_CHECKING:
    from typing import Any

_KNOWN = "SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')"
_DROP = r"""
DO $$
DECLARE it record;
BEGIN
    FOR it IN SELECT oid::regclass AS name FROM pg_class
        WHERE relkind = 'r' AND relname LIKE 'procrastinate\_%' AND relnamespace = current_schema()::regnamespace
    LOOP EXECUTE format('DROP TABLE %s CASCADE', it.name); END LOOP;
    FOR it IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE proname LIKE 'procrastinate\_%' AND pronamespace = current_schema()::regnamespace
    LOOP EXECUTE format('DROP FUNCTION %s CASCADE', it.name); END LOOP;
    FOR it IN SELECT oid::regtype AS name FROM pg_type
        WHERE typname LIKE 'procrastinate\_%' AND typnamespace = current_schema()::regnamespace
    LOOP EXECUTE format('DROP TYPE %s CASCADE', it.name); END LOOP;
END $$
"""


def make_tables(connection: Any) -> None:
    """Let Procrastinate's tables be those of the release that is installed, on a connection of psycopg.

    Its own migrations are not needed for that: what is queued is found again by the next look at what is due, so
    older tables are dropped with all that is in them. By which schema they were made stands in a comment on them.
    """
    schema = SchemaManager.get_schema()
    wanted = sha256(schema.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN)
        if cursor.fetchone()[0] == wanted:
            return
        cursor.execute(_DROP)
        cursor.execute(schema)
        cursor.execute(sql.SQL("COMMENT ON TABLE procrastinate_jobs IS {}").format(wanted))
