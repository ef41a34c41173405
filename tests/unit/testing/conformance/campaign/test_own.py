"""The library's own storages, made without pytest."""

import asyncio
from pathlib import Path

import pytest

from tests.servers import Servers, missing
from unitwork.testing.conformance.adapter import Adapter
from unitwork.testing.conformance.battery.drawing import Drawing
from unitwork.testing.conformance.battery.questions import Case
from unitwork.testing.conformance.campaign.own import (
    OWN,
    PostgresByAsyncpg,
    PostgresByPsycopg,
)
from unitwork.testing.conformance.campaign.trying import about, replay
from unitwork.testing.conformance.campaign.working import adapter_named
from unitwork.testing.conformance.generator import generate
from unitwork.testing.storages import MissingDatabaseError

VERSIONS = {
    "InMemory": "InMemoryDatabase",
    "Sqlite": "SQLite 3",
    "PostgresByAsyncpg": "PostgreSQL 1",
    "PostgresByPsycopg": "PostgreSQL 1",
    "MariaDb": "MariaDB 1",
}


@pytest.mark.parametrize("kind", OWN)
def test_each_answers_what_a_file_asks(
    kind: type[Adapter],
    tmp_path: Path,
    servers: Servers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A program, and a case; and says which version it is."""
    if kind is PostgresByPsycopg:  # the other driver starts a server of its own
        url = servers.postgres.url.render_as_string(hide_password=False)
        monkeypatch.setenv("UNITWORK_POSTGRES_URL", url)
    program, case = tmp_path / "program.json", tmp_path / "case.json"
    program.write_text(generate(3).program.to_json())
    drawing = Drawing(3)
    case.write_text(Case(drawing.rows, next(drawing.sittings(1))).to_json())
    try:
        found = about(kind)
    except MissingDatabaseError as error:
        missing(kind.__name__, str(error))

    assert found.version.startswith(VERSIONS[kind.__name__])
    assert found.capabilities["raw"] == kind.capabilities.raw
    assert asyncio.run(replay(kind, program)) is None
    assert asyncio.run(replay(kind, case)) is None
    assert adapter_named(f"{kind.__module__}:{kind.__name__}") is kind


def test_a_server_that_does_not_answer_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The reason is told, without a password."""
    url = "postgresql://me:secret@127.0.0.1:1/test"
    monkeypatch.setenv("UNITWORK_POSTGRES_URL", url)
    with pytest.raises(MissingDatabaseError, match="does not answer") as raised:
        about(PostgresByAsyncpg)
    assert "secret" not in str(raised.value)
