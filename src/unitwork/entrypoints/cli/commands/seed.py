"""`unitwork seed`: run the project's seeders, each once. Contract: 34, 40."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from unitwork.application.runner import Runner
from unitwork.entrypoints.cli import loading
from unitwork.entrypoints.cli.group import Options
from unitwork.entrypoints.cli.limits import Limits, limits
from unitwork.entrypoints.cli.project import Setting, read_project
from unitwork.entrypoints.cli.running import Report, run_to_its_end
from unitwork.entrypoints.cli.stopping import stopping
from unitwork.entrypoints.cli.telling import conclude

FOR_EVER = timedelta(days=36500)
"""No seeder is run again because its record has expired."""
Seeder = tuple[Setting, Callable[..., Any]]


@click.command(name="seed")
@limits
@click.pass_obj
def command(options: Options, given: Limits) -> int:
    """Run the project's seeders in their order; one that has run does nothing.

    Each is one operation in one unit of work, with its name as its key: `seed` may be
    repeated, interrupted, and run by several at once.
    """
    project = read_project()
    loading.reach(project)
    runner = given.over(loading.runner(project))
    project.get("seeders")
    seeders = [(said, loading.seeder(said)) for said in project.all("seeders")]
    with _progress() as progress, stopping():
        for said, seeder in progress.track(seeders, description="Seeding"):
            report = _seed(runner, (said, seeder))
            if report.error is not None:
                progress.print(f"{said.value}: failed", markup=False)
                progress.stop()
                return conclude(report, trace=options.trace)
            done = "stored" if report.called else "was there"
            progress.print(f"{said.value}: {done}", markup=False)
    return 0


def _seed(runner: Runner[Any], seeder: Seeder) -> Report[Any]:
    said, operation = seeder
    keyed = runner.keyed(f"seed:{said.value}", request=said.value, keep=FOR_EVER)
    with stopping() as signals:
        return run_to_its_end(keyed, lambda r, call: r.run(call), operation, signals)


def _progress() -> Progress:
    """Show a bar where somebody looks on."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
