"""The demonstration of the allocation example."""

import pytest

from examples.allocation.demo import main


def test_the_demonstration_keeps_what_it_promises(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Three ways into one service, conflicts, and a commit that fails."""
    assert main() == 0
    shown = capsys.readouterr().out
    assert "HTTP: COMMIT fails" in shown
    assert "order lines, counted by sqlite3" in shown
