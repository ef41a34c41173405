"""`unitwork new shop && cd shop && make test`: what is written works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from unitwork.entrypoints.cli.start import main

TOOL = Path(sys.executable).with_name


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "shop"]) == 0
    return tmp_path / "shop"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not there")
def test_a_new_application_passes_its_own_tests(shop: Path) -> None:
    """By the interpreter at hand, so that nothing is fetched."""
    ended = subprocess.run(
        ["make", "test", f"PYTHON={sys.executable}"],
        cwd=shop,
        env={**os.environ, "PYTEST_ADDOPTS": "-p no:cacheprovider", "MAKEFLAGS": ""},
        capture_output=True,
        check=False,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "7 passed" in ended.stdout
    assert not (shop / ".venv").exists()


@pytest.mark.skipif(not TOOL("ruff").exists(), reason="ruff is not there")
def test_a_new_application_is_formatted_and_clean(shop: Path) -> None:
    """By ruff, all of whose rules on imports for types only heed the settings."""
    for arguments in (["format", "--check"], ["check", "--extend-select=I,TC,F,B,UP"]):
        ended = subprocess.run(
            [TOOL("ruff"), *arguments, "--no-cache", "."],
            cwd=shop,
            capture_output=True,
            check=False,
            text=True,
        )
        assert ended.returncode == 0, ended.stdout
