"""What a file has kept is run again."""

from pathlib import Path

import pytest

from unitwork import MisuseError
from unitwork.testing.conformance.replaying import read


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rows": 1, "steps": []}', "7"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    """It is neither a program nor a case, and the message names it."""
    file = tmp_path / "kept.json"
    file.write_text(text)
    with pytest.raises(MisuseError, match="has neither a program nor a case"):
        read(file)
