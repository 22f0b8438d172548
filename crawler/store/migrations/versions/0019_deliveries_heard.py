"""On PostgreSQL whoever listens hears that deliveries changed; SQLite counts what others wrote by itself."""

from alembic import op

revision = "0019"
down_revision = "0018"

_TELL = """CREATE FUNCTION outbox_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tocsin_outbox', '');
    RETURN NULL;
END $$"""
_WHEN = """CREATE TRIGGER outbox_changed AFTER INSERT OR UPDATE OR DELETE ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_changed()"""


def upgrade() -> None:
    """Let each statement that changes the outbox tell of it, once for a transaction."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_TELL)
        connection.exec_driver_sql(_WHEN)
