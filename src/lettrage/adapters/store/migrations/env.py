"""Alembic's entry: the connection, and its transaction, are those of the caller."""

from alembic import context

from lettrage.adapters.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
    render_as_batch=False,
)
context.run_migrations()
