"""Run the migrations of one schema: Alembic executes this file on a connection that is open."""

from alembic import context

_schema = context.config.attributes["schema"]
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=_schema.metadata,
    version_table=_schema.version_table,
    # only the tables of this schema: others lie beside them
    include_name=lambda name, kind, _: kind != "table" or name in _schema.metadata.tables,
    transactional_ddl=True,  # SQLite's too, since we begin its transactions ourselves
)
with context.begin_transaction():
    context.run_migrations()
