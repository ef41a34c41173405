"""The command `unitwork`: its subcommands, and the code that it ends with."""

import importlib
import logging
import signal
from collections.abc import Mapping, Sequence
from contextlib import chdir
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from unitwork.domain.errors import DomainError, UnitworkError, UsageError
from unitwork.domain.outcome import Outcome
from unitwork.entrypoints.cli.exits import ExitCode, interrupted, of_failure
from unitwork.entrypoints.cli.stopping import StoppedError, stopping

COMMANDS: Mapping[str, str] = {
    "doctor": "Look at settings, drivers and database: what is wrong, what to do.",
    "migrate": "Bring the tables to a revision, and write revisions.",
    "new": "Write a small application that works, to start from.",
    "purge": "Remove the records of operations that have expired.",
    "run": "Run one operation in one unit of work.",
    "seed": "Run the project's seeders, each once.",
}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for; help needs none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Import one."""
        if cmd_name not in COMMANDS:
            alike = get_close_matches(cmd_name, COMMANDS, 1)
            meant = f" Did you mean {alike[0]!r}?" if alike else ""
            raise click.UsageError(f"There is no command {cmd_name!r}.{meant}", ctx)
        module = importlib.import_module(
            f"unitwork.entrypoints.cli.commands.{cmd_name}"
        )
        command: click.Command = module.command
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """List them without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


class Options:
    """What stands before the subcommand."""

    trace = False


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--project",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="Run as if started in this folder: pyproject.toml is there, or above.",
)
@click.option("--traceback", is_flag=True, help="Show where an error was raised.")
@click.version_option(version("unitwork"), "--version", prog_name="unitwork")
@click.pass_context
def group(ctx: click.Context, *, project: Path, traceback: bool) -> None:
    """One operation, one unit of work: from the command line.

    Settings stand in [tool.unitwork] of pyproject.toml, or in environment variables.
    Exit codes: 0 committed, 1 rolled back, 2 wrong usage, 3 nobody knows, 4 committed
    before it failed, 5 warnings (doctor), 130 and 143 interrupted and rolled back.
    """
    options: Options = ctx.obj
    options.trace = traceback
    ctx.with_resource(chdir(project))  # so a relative path of a database holds, too
    _log(trace=traceback)


class _Short(logging.Formatter):
    """Say of an error what it is, and not where it was raised."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the base class's name
        """Return one line."""
        return f"{ei[0].__name__}: {ei[1]}"


def _log(*, trace: bool) -> None:
    """Let warnings be lines, too; with tracebacks only if they are wanted."""
    kind = logging.Formatter if trace else _Short
    handler = logging.StreamHandler()
    handler.setFormatter(kind("%(levelname)s: %(message)s"))
    logging.basicConfig(handlers=[handler])


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = Options()
    try:
        with stopping():
            answer: object = group.main(
                None if arguments is None else list(arguments),
                prog_name="unitwork",
                standalone_mode=False,
                obj=options,
            )
            return answer if isinstance(answer, int) else ExitCode.COMMITTED
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt) as stopped:
        return _stopped(stopped.__cause__ or stopped)
    except (UnitworkError, DomainError) as error:
        return _refused(error, trace=options.trace)


def _stopped(error: BaseException) -> int:
    from unitwork.entrypoints.cli.telling import say  # noqa: PLC0415 - only if needed

    by = error.by if isinstance(error, StoppedError) else signal.SIGINT
    say(f"{signal.Signals(by).name}: no unit of work was open.")
    return interrupted(by)


def _refused(error: UnitworkError | DomainError, *, trace: bool) -> int:
    from unitwork.entrypoints.cli.telling import tell  # noqa: PLC0415 - as above

    outcome = getattr(error, "outcome", Outcome.ROLLED_BACK)
    tell(error, outcome, trace=trace)
    return ExitCode.USAGE if isinstance(error, UsageError) else of_failure(outcome)
