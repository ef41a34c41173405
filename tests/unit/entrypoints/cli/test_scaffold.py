"""What `unitwork new` refuses, and what it writes; that it works is shown elsewhere."""

from pathlib import Path

import pytest

from unitwork import MisuseError
from unitwork.entrypoints.cli.scaffold.writing import checked_name, scaffold
from unitwork.entrypoints.cli.start import main


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Shop",
        "my-shop",
        "1st",
        "läden",
        "class",
        "json",
        "tests",
        "unitwork",
        "a b",
        "click",
        "sqlalchemy",
    ],
)
def test_a_name_that_no_package_can_have_is_refused(name: str) -> None:
    with pytest.raises(MisuseError, match="An application cannot be called"):
        checked_name(name)


def test_every_placeholder_is_filled(tmp_path: Path) -> None:
    made = scaffold("corner_shop", tmp_path / "new")
    assert {"pyproject.toml", "Makefile", ".gitignore"} <= {p.name for p in made}
    assert (tmp_path / "new" / "corner_shop" / "domain.py") in made
    for path in made:
        text = path.read_text("utf-8")
        assert "{{" not in text, path
        if path.suffix == ".py":
            compile(text, path, "exec")


def test_a_folder_with_something_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").touch()
    assert main(["new", "shop", "--folder", str(tmp_path)]) == 2
    assert "is there already, and not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MisuseError, match="cannot be written: Not a directory"):
        scaffold("shop", tmp_path / "file" / "shop")
    with pytest.raises(MisuseError, match="is there already, and no folder"):
        scaffold("shop", tmp_path / "file")
