"""`unitwork purge`: remove records of operations that have expired. Contract: 34."""

import click

from unitwork.application.hosting import HostedUnitOfWork
from unitwork.application.keys import purge
from unitwork.entrypoints.cli import loading
from unitwork.entrypoints.cli.group import Options
from unitwork.entrypoints.cli.project import read_project
from unitwork.entrypoints.cli.running import run_to_its_end
from unitwork.entrypoints.cli.stopping import stopping
from unitwork.entrypoints.cli.telling import conclude, say


async def one_batch(uow: HostedUnitOfWork, limit: int) -> int:
    """Remove so many of them in a commit of their own."""
    return await purge(uow, limit=limit)


@click.command(name="purge")
@click.option("--batch", default=1000, type=click.IntRange(1), help="In one commit.")
@click.pass_obj
def command(options: Options, batch: int) -> int:
    """Remove the records of operations that have expired, batch by batch.

    Each batch is one unit of work; what was removed stays removed, whatever follows.
    """
    project = read_project()
    loading.reach(project)
    runner = loading.runner(project)
    removed, found = 0, batch
    while found == batch:
        with stopping() as signals:
            report = run_to_its_end(
                runner, lambda r, call: r.run(call, batch), one_batch, signals
            )
            found = sum(report.returned)
            removed += found
        if report.error is not None:
            say(f"{removed} were removed before.")
            return conclude(report, trace=options.trace)
    click.echo(removed)
    return 0
