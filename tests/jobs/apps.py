"""An app of procrastinate in the database of a bank."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from procrastinate import App, PsycopgConnector
from sqlalchemy import URL

from tests.jobs.banks import open_sql_bank
from unitwork.application import MessageBus
from unitwork.testing.conformance.bank import Bank


@asynccontextmanager
async def open_app(
    url: URL, bus: MessageBus | None = None
) -> AsyncIterator[tuple[Bank, App]]:
    """Make the tables of both, and an account `a` of balance 0."""
    async with open_sql_bank(url, "psycopg", bus) as bank:
        conninfo = url.render_as_string(hide_password=False)
        app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1))
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            yield bank, app


async def work(app: App) -> None:
    """Run jobs until none is left."""
    await app.run_worker_async(wait=False, install_signal_handlers=False)


async def statuses(app: App) -> list[str | None]:
    """What became of each job."""
    return [job.status for job in await app.job_manager.list_jobs_async()]
