from unitwork.adapters.memory import InMemoryDatabase
from unitwork.testing.conformance.histories.verdicts import (
    as_markdown,
    play_all,
    promised,
)


async def test_the_fake_keeps_the_contract(database: InMemoryDatabase) -> None:
    """Contract 18: the isolation table."""
    assert await play_all(database) == promised()


async def test_the_cases_can_be_played_again(database: InMemoryDatabase) -> None:
    """Each begins with its own two cells, whatever was left."""
    assert await play_all(database) == await play_all(database)


def test_verdicts_are_shown_as_a_table() -> None:
    """For a generated page."""
    verdicts = {
        "G0": {"read_committed": False, "snapshot": False, "serializable": False},
        "G2-item": {"read_committed": True, "snapshot": True, "serializable": False},
    }

    assert as_markdown(verdicts) == (  # type: ignore[arg-type]  # a dict of dicts
        "| anomaly | read_committed | snapshot | serializable |\n"
        "| ------- | -------------- | -------- | ------------ |\n"
        "| G0      | no             | no       | no           |\n"
        "| G2-item | shown          | shown    | no           |"
    )
