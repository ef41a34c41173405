"""Each import contract bites: a copy of the package with one violation breaks it."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONTRACTS = CONFIGURATION["tool"]["importlinter"]["contracts"]

VIOLATIONS = [
    ("rings", "domain/ids.py", "import unitwork.adapters.storage"),
    ("rings", "stray.py", "import attrs"),
    ("facade", "adapters/storage.py", "from unitwork import Outcome"),
    ("strangers", "adapters/memory/__init__.py", "import unitwork.adapters.sqlalchemy"),
    ("sqlalchemy", "adapters/memory/__init__.py", "from sqlalchemy import orm"),
    ("sqlalchemy", "testing/postgres.py", "import aiosqlite"),
    ("punq", "adapters/storage.py", "import punq"),
    ("engines", "entrypoints/problems.py", "import taskiq"),
    ("engines", "entrypoints/jobs/taskiq.py", "from dbos import DBOS"),
    ("cli", "entrypoints/problems.py", "import click"),
    ("frameworks", "entrypoints/problems.py", "import fastapi"),
    ("frameworks", "entrypoints/asgi/types.py", "import starlette.types"),
    ("hosts", "entrypoints/asgi/host.py", "import unitwork.adapters.storage"),
    ("domain", "domain/ids.py", "import pydantic"),
    ("mapping", "adapters/mapping/types.py", "import pydantic"),
    ("adapters", "adapters/storage.py", "import unitwork.adapters.unit_of_work"),
    ("adapters", "adapters/stray.py", "import attrs"),
    (
        "allocation",
        "../examples/allocation/domain.py",
        "import examples.allocation.adapters",
    ),
    ("acyclic", "domain/event.py", "import unitwork.domain.aggregate"),
]


def lint(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a copy of the package."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *arguments],
        cwd=package.parent,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Copy the package, an example, the configuration, our own kind of contract."""
    for name in ("src/unitwork", "scripts"):
        shutil.copytree(
            ROOT / name,
            tmp_path / Path(name).name,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copytree(
        ROOT / "examples" / "allocation",
        tmp_path / "examples" / "allocation",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path / "unitwork"


def test_the_package_keeps_every_contract(package: Path) -> None:
    """Without a violation nothing is broken, and none is left out."""
    result = lint(package)

    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout, result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize(("contract", "module", "line"), VIOLATIONS)
def test_a_violation_breaks_the_contract(
    package: Path, contract: str, module: str, line: str
) -> None:
    """An import that only a type checker executes counts like any other."""
    with (package / module).open("a", encoding="utf-8") as file:
        file.write(
            f"\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {line}\n"
        )

    result = lint(package, "--contract", contract)

    assert "0 kept, 1 broken" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1


def test_every_contract_has_a_violation() -> None:
    """Whoever adds a contract shows here that it bites."""
    assert {c["id"] for c in CONTRACTS} == {contract for contract, *_ in VIOLATIONS}
