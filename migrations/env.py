"""What Alembic runs: the tables of the example application, and where they are."""

from examples.users.adapters import Base, database_url
from unitwork.adapters.sqlalchemy.migrations import run

run(Base.metadata, url=database_url())
