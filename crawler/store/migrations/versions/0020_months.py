"""On PostgreSQL what hangs on a story is parted by month, so that a month can be let go whole."""

import sqlalchemy as sa
from alembic import op

from crawler.store import search
from crawler.store.months import lived

revision = "0020"
down_revision = "0019"

# With what follows when the story goes.
TABLES = {"story_version": "", "story_search": "ON DELETE CASCADE", "sketch": "ON DELETE CASCADE", "left_out": ""}

_GRANTED = (
    "SELECT privilege_type, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END "
    "FROM pg_class, aclexplode(relacl) WHERE oid = %s::regclass AND grantee <> relowner"
)


def upgrade() -> None:
    """Write the rows there are into parts, one for each month; months to come are made by whoever runs."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    months = lived(connection)
    for table, follows in TABLES.items():
        new = f"{table}_new"
        names = [one["name"] for one in sa.inspect(connection).get_columns(table)]
        old, new_rows = (sa.table(one, *map(sa.column, names)) for one in (table, new))
        granted = connection.exec_driver_sql(_GRANTED, (table,)).all()
        statements: tuple[str | sa.Executable, ...] = (
            f"CREATE TABLE {new} (LIKE {table} INCLUDING DEFAULTS) PARTITION BY RANGE (story_id)",
            f"CREATE TABLE {table}_default PARTITION OF {new} DEFAULT",
            *(
                f"CREATE TABLE {one.part_of(table)} PARTITION OF {new} FOR VALUES FROM ({one.first}) TO ({one.end})"
                for one in months
            ),
            sa.insert(new_rows).from_select(names, sa.select(old)),
            f"DROP TABLE {table}",
            f"ALTER TABLE {new} RENAME TO {table}",
        )
        for statement in statements:
            op.execute(statement)
        _find_again(connection, table, follows)
        for privilege, grantee in granted:
            op.execute(f"GRANT {privilege} ON {table} TO {grantee}")
    search.create(connection)
    connection.exec_driver_sql(f"ANALYZE {', '.join(TABLES)}")


def _find_again(connection: sa.Connection, table: str, follows: str) -> None:
    # After the rows: it is quicker by far.
    key = "story_id, version" if table == "story_version" else "story_id"
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {table}_pk PRIMARY KEY ({key})")
    connection.exec_driver_sql(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_story_id_fk FOREIGN KEY (story_id) REFERENCES story (id) {follows}"
    )
