"""Alembic's way in: the connection is handed over by batches.database.Store.migrate."""

from alembic import context

from batches.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
