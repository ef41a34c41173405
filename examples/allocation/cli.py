"""The same services on the command line: python -m examples.allocation.cli --help."""

import asyncio
from datetime import datetime

import click

from examples.allocation import composition, services
from examples.allocation.domain import StockUnitOfWork
from unitwork.application import Runner
from unitwork.entrypoints.cli.decorator import unit_of_work


def commands(runner: Runner[StockUnitOfWork]) -> click.Group:
    """Make the commands; each call is one unit of work."""

    @click.group()
    def stock() -> None:
        """Keep a stock, and serve orders from it."""

    @stock.command()
    @click.argument("reference")
    @click.argument("sku")
    @click.argument("purchased", type=int)
    @click.option("--eta", type=click.DateTime(["%Y-%m-%d"]))
    @unit_of_work(runner)
    async def add_batch(
        uow: StockUnitOfWork,
        reference: str,
        sku: str,
        purchased: int,
        eta: datetime | None,
    ) -> None:
        """Take a batch in, or announce when it arrives."""
        day = None if eta is None else eta.date()
        await services.add_batch(uow, reference, sku, purchased, day)

    @stock.command()
    @click.argument("order")
    @click.argument("sku")
    @click.argument("quantity", type=int)
    @unit_of_work(runner)
    async def allocate(
        uow: StockUnitOfWork, order: str, sku: str, quantity: int
    ) -> None:
        """Serve an order, and say from which batch."""
        batch = await services.allocate(uow, order, sku, quantity)
        click.echo(batch or "out of stock")

    return stock


def main() -> None:
    database = composition.database()
    asyncio.run(database.create_all())
    asyncio.run(database.dispose())
    commands(composition.runner(database))()


if __name__ == "__main__":
    main()
