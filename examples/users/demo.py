"""Import a messy file of people over HTTP, then prove what is stored.

    python -m examples.users.demo [--file people.csv]

Each row is one request, and each request is one unit of work: the person is stored
completely, or refused with a reason. Exit codes: 0 all is well, 1 the proof or the
server failed, 2 the file cannot be used.
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from examples.users.adapters import migrate
from examples.users.composition import compose
from examples.users.people import BadFileError, Person, read_people
from examples.users.server import serving

PEOPLE = Path(__file__).with_name("people.csv")
SHOWN = 3
NEXT = """\
[bold]Look next[/] at
  examples/users/services.py     the services: each function is one unit of work
  examples/users/composition.py  the only place that knows which storage runs
  make serve                     the same API, kept running, with its docs
  make demo FILE=my.csv          your own people: a header with name and email
  make test                      the same promises on every storage"""


@dataclass(frozen=True)
class Answer:
    person: Person
    status: int
    body: dict[str, str]

    @property
    def stored(self) -> bool:
        return self.status == httpx.codes.CREATED

    @property
    def reason(self) -> str:
        return "" if self.stored else self.body["title"]

    @property
    def detail(self) -> str:
        return self.body.get("detail", "")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--file", type=Path, default=PEOPLE, help="a CSV file")
    file: Path = parser.parse_args(arguments).file
    console = Console()
    try:
        people = read_people(file)
    except BadFileError as error:
        Console(stderr=True).print(f"{error}", style="red", markup=False)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        return demonstrate(people, Path(folder) / "users.db", console)


def demonstrate(people: list[Person], database: Path, console: Console) -> int:
    url = f"sqlite+aiosqlite:///{database}"
    migrate(url)
    console.print(f"SQLite file made by the migrations: {database}")
    with serving(compose(url)) as address:
        console.print(f"API: {address}, one unit of work a request")
        started = time.perf_counter()
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as client:
            answers = [
                send(client, person)
                for person in track(people, "Importing", console=console)
            ]
            seconds = time.perf_counter() - started
            counted = client.get("/stats").json()["users"]
        proved = prove(answers, database)
    console.print(report(answers))
    console.print(f"{len(answers)} requests in {seconds:.1f} s; {counted} users now.")
    console.print(proved or "[red]The stored rows are not the confirmed ones.[/]")
    console.print("Server stopped, files removed.", NEXT, sep="\n\n")
    broken = any(
        answer.status >= httpx.codes.INTERNAL_SERVER_ERROR for answer in answers
    )
    return 0 if proved and not broken else 1


def send(client: httpx.Client, person: Person) -> Answer:
    row = {"name": person.name, "email": person.email}
    response = client.post("/users", json=row)
    return Answer(person, response.status_code, response.json())


def prove(answers: Iterable[Answer], database: Path) -> str:
    """Compare the file, read by plain sqlite3, with what the API confirmed."""
    confirmed = Counter((a.body["name"], a.body["email"]) for a in answers if a.stored)
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as second:
        stored = Counter(second.execute("SELECT name, email FROM users").fetchall())
    if stored != confirmed:
        return ""
    return (
        f"[green]Proved from a second connection:[/] exactly the {stored.total()}"
        " confirmed people are stored, each name and e-mail address equal."
    )


def report(answers: list[Answer]) -> Table:
    """Show each rejected row with the reason, and a few of the stored ones."""
    table = Table(title="What became of the rows", show_lines=True)
    table.add_column("answer")
    table.add_column("rows", justify="right")
    table.add_column("which", overflow="fold")
    for reason, rows in Counter(answer.reason for answer in answers).most_common():
        alike = [answer for answer in answers if answer.reason == reason]
        shown = rejected(alike) if reason else stored(alike)
        table.add_row(reason or "Stored", str(rows), Text("\n").join(shown))
    return table


def stored(answers: list[Answer]) -> Iterator[Text]:
    yield from map(row, answers[:SHOWN])
    if len(answers) > SHOWN:
        yield Text(f"and {len(answers) - SHOWN} more", "dim")


def rejected(answers: list[Answer]) -> Iterator[Text]:
    for detail in dict.fromkeys(answer.detail for answer in answers):
        yield Text(detail, "dim")
        yield from (row(answer) for answer in answers if answer.detail == detail)


def row(answer: Answer) -> Text:
    """Show a row without the control characters that would move the cursor."""
    person = answer.person
    name, email = (
        "".join(
            c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cell[:40]
        )
        for cell in (person.name, person.email)
    )
    return Text(f"  line {person.line}: {name} <{email}>")


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # show what the terminal cannot as "?"
            stream.reconfigure(errors="replace")
    sys.exit(main())
