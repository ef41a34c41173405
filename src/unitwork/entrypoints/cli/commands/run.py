"""`unitwork run`: one operation in one unit. Contract: 33, 34, 40."""

import click

from unitwork.application.encoding import shown
from unitwork.entrypoints.cli import loading
from unitwork.entrypoints.cli.arguments import arguments
from unitwork.entrypoints.cli.group import Options
from unitwork.entrypoints.cli.limits import Limits, limits
from unitwork.entrypoints.cli.project import Setting, read_project
from unitwork.entrypoints.cli.running import run_to_its_end
from unitwork.entrypoints.cli.stopping import stopping
from unitwork.entrypoints.cli.telling import conclude


@click.command(name="run")
@click.argument("operation", metavar="MODULE:OPERATION")
@click.option(
    "--arg", "said", multiple=True, metavar="NAME=VALUE", help="One argument."
)
@click.option("--key", help="Let it take effect once, whoever repeats it.")
@limits
@click.pass_obj
def command(
    options: Options,
    operation: str,
    said: tuple[str, ...],
    key: str | None,
    given: Limits,
) -> int:
    """Run one operation in one unit of work, and print its result as JSON.

    Arguments are converted by its annotations; lists and objects are written as JSON.
    """
    project = read_project()
    loading.reach(project)
    runner = given.over(loading.runner(project))
    runner = runner if key is None else runner.keyed(key)
    called = loading.operation(Setting("operation", operation, "The command line"))
    values = arguments(called, said)
    with stopping() as signals:
        report = run_to_its_end(
            runner, lambda r, call: r.run(call, **values), called, signals
        )
        if report.returned:
            click.echo(shown(report.returned[0]))
        return conclude(report, trace=options.trace)
