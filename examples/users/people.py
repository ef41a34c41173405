"""Read people from a CSV file, or say what is wrong with it, where, and the remedy."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
AS_UTF_8 = "Save it as CSV in UTF-8; spreadsheets offer that under `Save as`."


class BadFileError(Exception):
    def __init__(self, what: str, where: str, remedy: str) -> None:
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        what, where, remedy = self.args
        return f"{what}\nWhere: {where}\n{remedy}"


@dataclass(frozen=True)
class Person:
    line: int
    name: str
    email: str


def read_people(path: Path) -> list[Person]:
    """Find the columns `name` and `email` by the header, and keep cells as they are.

    Cells may be separated by commas, semicolons or tabs. Lines without any cell are
    skipped; a cell that a row does not have is empty.
    """
    people = list(_people(_text(path), path))
    if not people:
        raise BadFileError(
            "The file has a header, but no people.",
            str(path),
            "Write one person a line under the header.",
        )
    return people


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadFileError(
            f"The file cannot be read: {error.strerror}.",
            str(path),
            "Check the path, and that you may read the file.",
        ) from error
    if content.startswith(UTF_16):
        raise BadFileError("The file is in UTF-16.", f"{path}, line 1", AS_UTF_8)
    if b"\0" in content:
        line = _line(content, content.index(b"\0"))
        raise BadFileError(
            "The file is binary, not text.",
            f"{path}, line {line}",
            "Give a CSV file; export one if this is a spreadsheet.",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte, line = content[error.start], _line(content, error.start)
        raise BadFileError(
            f"The file is not in UTF-8: it has the byte 0x{byte:02x}.",
            f"{path}, line {line}",
            AS_UTF_8,
        ) from error


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1


def _people(text: str, path: Path) -> Iterator[Person]:
    delimiter, name, email = _columns(text, path)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for number, row in enumerate(rows):
            if row and number > 0:
                cells = dict(enumerate(row))
                yield Person(line, cells.get(name, ""), cells.get(email, ""))
            line = rows.line_num + 1
    except csv.Error as error:
        raise BadFileError(
            f"The file is not proper CSV: {error}.",
            f"{path}, in the row that begins in line {line}",
            'Close every quote, and double quotes inside quoted cells: "a ""b"" c".',
        ) from error


def _columns(text: str, path: Path) -> tuple[str, int, int]:
    """Return the delimiter, and where the names and the addresses stand."""
    first = text.partition("\n")[0]
    for delimiter in ",;\t":
        cells = next(csv.reader([first], delimiter=delimiter), [])
        header = [cell.strip().casefold() for cell in cells]
        if "name" in header and "email" in header:
            return delimiter, header.index("name"), header.index("email")
    raise BadFileError(
        f"The file has no header with `name` and `email`, but {first[:60].strip()!r}.",
        f"{path}, line 1",
        "Let its first line name the columns: name,email",
    )
