"""@schedules as a user and pytest meet it."""

import asyncio
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import walk_tb

import pytest

from tests.unit.testing.scheduling import bank
from tests.unit.testing.scheduling.bank import (
    Bank,
    DictRepository,
    balance_of,
    deposit,
    open_bank,
    two_withdrawals,
)
from unitwork.domain.errors import MisuseError
from unitwork.testing import Race, schedules

ROOT = Path(__file__).parents[4]
BANK = "tests/unit/testing/scheduling/bank.py"


@pytest.fixture(autouse=True)
def _at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def hundred() -> int:
    return 100


def failure_of(test: Callable[[], None]) -> BaseException:
    with pytest.raises(AssertionError) as raised:
        test()
    return raised.value


def line_of(source: str) -> int:
    lines = inspect.getsource(bank).splitlines()
    return [line.strip() for line in lines].index(source) + 1


def test_a_lost_update_between_two_units_is_found_and_shrunk() -> None:
    """The report is a story of three lines, with the way to run it again."""
    get = 'account = await uow.accounts.get("a")'
    error = failure_of(schedules()(two_withdrawals))

    assert error.__notes__ == [
        f"""\
The smallest failing schedule, from number 2 of 200, seed 0:
  withdraw-1  runs to  {BANK}:{line_of(get)}  {get}
  withdraw-2  runs to its end
  withdraw-1  runs to its end
Run it alone with @schedules(replay="2:1")."""
    ]


def test_a_lost_update_of_a_textbook_fake_is_found() -> None:
    """Nothing of unitwork is needed in what is tested."""

    @schedules()
    async def test(race: Race) -> None:
        accounts = DictRepository(a=0)

        async def add(amount: int) -> None:
            await accounts.put("a", await accounts.get("a") + amount)

        await race(add(1), add(2))
        assert accounts.balances["a"] == 3

    note = failure_of(test).__notes__[0]
    assert note.count("\n") == 4  # two lines round three of the schedule
    assert note.endswith('Run it alone with @schedules(replay="2:1").')


def test_a_replay_runs_the_one_schedule() -> None:
    """For a debugger, and until it is mended."""
    get = 'account = await uow.accounts.get("a")'
    error = failure_of(schedules(replay="2:1")(two_withdrawals))

    assert error.__notes__ == [
        f"""\
The replayed schedule:
  withdraw-1  runs to  {BANK}:{line_of(get)}  {get}
  withdraw-2  runs to its end
  withdraw-1  runs to its end
Run it alone with @schedules(replay="2:1")."""
    ]
    schedules(replay="")(two_withdrawals)()


def test_a_replay_that_fits_no_longer_is_refused() -> None:
    """It would run something else, and pass."""
    with pytest.raises(MisuseError) as raised:
        schedules(replay="2:1 300:1")(two_withdrawals)()

    assert (
        str(raised.value)
        == """\
two_withdrawals has no schedule '2:1 300:1'.
Where it says to switch, there was no such task to switch to.
The code has changed since: leave replay= out, to search anew. [misuse]"""
    )


def test_the_traceback_begins_in_the_test() -> None:
    """Nobody looks for a mistake in asyncio."""
    traceback = failure_of(schedules()(two_withdrawals)).__traceback__
    assert traceback is not None
    frames = [frame.f_code.co_name for frame, _ in walk_tb(traceback)]

    assert frames[-1] == "two_withdrawals"
    assert "run_until_complete" not in frames


@pytest.mark.parametrize("amount", [1, 60])
@schedules(20)
async def test_fixtures_and_parameters_are_given(
    race: Race, hundred: int, amount: int
) -> None:
    """Pytest sees a plain function of all parameters but the race."""
    database = await open_bank(a=hundred)
    await race(deposit(Bank(database), amount), deposit(Bank(database), amount))
    assert await balance_of("a", database) == 100 + 2 * amount


class TestMethods:
    @schedules(20)
    async def test_methods_can_be_scheduled(self, race: Race, hundred: int) -> None:
        """`self` comes first, as ever."""
        got = await race(self.echo(hundred), self.echo(2))
        assert got == [100, 2]

    async def echo(self, value: int) -> int:
        await asyncio.sleep(0)
        return value


def test_what_pytest_sees_is_not_async() -> None:
    """Otherwise pytest-asyncio would run it on a loop of its own."""
    test = schedules()(two_withdrawals)

    assert not inspect.iscoroutinefunction(test)
    assert not inspect.signature(test).parameters


def test_a_test_without_race_is_refused() -> None:
    """When it is made, not when it runs."""

    async def no_race() -> None: ...

    with pytest.raises(MisuseError) as raised:
        schedules()(no_race)

    assert (
        str(raised.value)
        == f"""\
@schedules cannot run {no_race.__qualname__}.
It has no parameter `race`.
Write `async def test_...(race, ...)`; @schedules stands below marks. [misuse]"""
    )


def test_a_test_that_is_not_async_is_refused() -> None:
    """It could not wait for the race."""

    def plain(race: Race) -> None: ...

    with pytest.raises(MisuseError, match="It is not async"):
        schedules()(plain)  # type: ignore[arg-type]  # the mistake


def test_an_exhaustive_search_says_how_many_there_were(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A number to be proud of, or to mistrust."""

    async def deposits(race: Race) -> None:
        database = await open_bank(a=0)
        await race(deposit(Bank(database), 1), deposit(Bank(database), 2))
        assert await balance_of("a", database) == 3

    schedules(exhaustive=True)(deposits)()

    assert (
        capsys.readouterr().out
        == f"""\
{deposits.__qualname__}: 20 schedules, none failed
"""
    )


SCRIPT = """
from tests.unit.testing.scheduling.bank import two_withdrawals
from unitwork.testing import schedules

for seed in range(20):
    try:
        schedules(seed=seed)(two_withdrawals)()
    except AssertionError as error:
        print(*error.__notes__)
"""


def test_a_seed_means_the_same_in_every_process() -> None:
    """Whatever order sets and dicts of text have there."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for hash_seed in ("1", "2")
    ]
    one, other = (process.communicate()[0] for process in processes)

    assert one.count("The smallest failing schedule") == 20
    assert one == other
