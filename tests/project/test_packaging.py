"""What is shipped: the wheel, taken apart, with the source tree out of the way."""

import re
import subprocess
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORTS = """
import pathlib, pkgutil, sys
import unitwork
early = {"aiosqlite", "alembic", "punq", "sqlalchemy"} & set(sys.modules)
assert not early, early
[place] = unitwork.__path__
assert pathlib.Path(place).parent == pathlib.Path(sys.argv[1]), place
for module in pkgutil.walk_packages(unitwork.__path__, "unitwork."):
    __import__(module.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = ["build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(
        [sys.executable, "-m", "hatchling", *command],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [built] = folder.glob("*.whl")
    return zipfile.Path(built)


def metadata(wheel: zipfile.Path) -> str:
    [folder] = [p for p in wheel.iterdir() if p.name.endswith(".dist-info")]
    return (folder / "METADATA").read_text("utf-8")


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.Path) -> None:
    """Types are announced; tests, examples and tools stay at home."""
    top = {path.name.partition("-")[0] for path in wheel.iterdir()}

    assert top == {"unitwork"}
    assert (wheel / "unitwork" / "py.typed").exists()
    assert any(name.endswith("/LICENSE") for name in wheel.root.namelist())


def test_only_six_packages_are_required(wheel: zipfile.Path) -> None:
    """Drivers, servers and tools are extras."""
    required = message_from_string(metadata(wheel)).get_all("Requires-Dist", [])
    core = {re.split(r"[^\w-]", line)[0] for line in required if "extra ==" not in line}

    assert core == {"aiosqlite", "alembic", "attrs", "cattrs", "punq", "sqlalchemy"}


def test_importing_the_domain_loads_no_storage(
    wheel: zipfile.Path, tmp_path: Path
) -> None:
    """`import unitwork` is cheap, and every module of the wheel can be imported."""
    wheel.root.extractall(tmp_path)

    subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTS, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        check=True,
    )
