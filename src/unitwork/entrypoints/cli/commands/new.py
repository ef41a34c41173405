"""`unitwork new`: an application that works, to start from."""

from pathlib import Path

import click

from unitwork.entrypoints.cli.scaffold.writing import scaffold


@click.command(name="new")
@click.argument("name")
@click.option(
    "--folder", type=click.Path(path_type=Path), help="Where; default: NAME, here."
)
def command(name: str, folder: Path | None) -> int:
    """Write a small application NAME, which works and has tests.

    It has a domain, services, adapters, a composition root, commands, and migrations.
    """
    target = folder or Path(name)
    made = scaffold(name, target)
    click.echo(
        f"{len(made)} files in {target}. Next: cd {target} && make test;"
        " then unitwork migrate upgrade"
    )
    return 0
