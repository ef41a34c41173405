"""Files of people: read as they come, or refused with what, where and the remedy."""

from pathlib import Path

import pytest

from examples.users.people import BadFileError, Person, read_people


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


@pytest.mark.parametrize(
    "content",
    [
        "name,email\nAda,ada@example.com\n",
        "\ufeffNAME;City;E-Mail;Email\r\nAda;x;y;ada@example.com\r\n",
        "id\t Email\tName \n1\tada@example.com\tAda",
        '"name","email"\r\n"Ada","ada@example.com"\r\n\r\n',
    ],
)
def test_columns_are_found_by_the_header(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8", newline="")
    assert read_people(file) == [Person(2, "Ada", "ada@example.com")]


def test_cells_are_kept_as_they_are(file: Path) -> None:
    """With line breaks, commas and quotes in them; missing cells are empty."""
    file.write_text(
        'name,email\r\n" A\r\nB ","x ""y"", z"\r\nShort\r\n\r\nLast,l,more\r\n',
        encoding="utf-8",
        newline="",
    )
    assert read_people(file) == [
        Person(2, " A\r\nB ", 'x "y", z'),
        Person(4, "Short", ""),
        Person(6, "Last", "l"),
    ]


HEADER = b"name,email\n"
NOT_UTF_8 = "Save it as CSV in UTF-8; spreadsheets offer that under `Save as`."
REFUSED = {
    "utf-16": (b"\xff\xfen\0a\0", "The file is in UTF-16.", ", line 1", NOT_UTF_8),
    "latin-1": (
        HEADER + b"Ada,a@example.com\nJ\xfcrgen,j@example.com\n",
        "The file is not in UTF-8: it has the byte 0xfc.",
        ", line 3",
        NOT_UTF_8,
    ),
    "binary": (
        b"PK\x03\x04\n\0\0",
        "The file is binary, not text.",
        ", line 2",
        "Give a CSV file; export one if this is a spreadsheet.",
    ),
    "no header": (
        b"Ada,ada@example.com\n",
        "The file has no header with `name` and `email`, but 'Ada,ada@example.com'.",
        ", line 1",
        "Let its first line name the columns: name,email",
    ),
    "empty": (
        b"",
        "The file has no header with `name` and `email`, but ''.",
        ", line 1",
        "Let its first line name the columns: name,email",
    ),
    "header only": (
        HEADER,
        "The file has a header, but no people.",
        "",
        "Write one person a line under the header.",
    ),
    "open quote": (
        HEADER + b'Ada,a@example.com\n"Bob,b@example.com\nCyd,c@example.com\n',
        "The file is not proper CSV: unexpected end of data.",
        ", in the row that begins in line 3",
        'Close every quote, and double quotes inside quoted cells: "a ""b"" c".',
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_cannot_be_used_is_refused(file: Path, kind: str) -> None:
    content, what, where, remedy = REFUSED[kind]
    file.write_bytes(content)
    with pytest.raises(BadFileError) as caught:
        read_people(file)
    assert str(caught.value) == f"{what}\nWhere: {file}{where}\n{remedy}"


def test_a_missing_file_is_refused(file: Path) -> None:
    with pytest.raises(BadFileError) as caught:
        read_people(file)
    assert str(caught.value) == (
        f"The file cannot be read: No such file or directory.\nWhere: {file}\n"
        "Check the path, and that you may read the file."
    )


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="cannot be read: Is a directory"):
        read_people(tmp_path)
