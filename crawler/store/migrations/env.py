"""Tells Alembic to migrate on the connection that the store hands over."""

from alembic import context

from crawler.store.schema import metadata
from crawler.store.search import is_compared

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=is_compared,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
