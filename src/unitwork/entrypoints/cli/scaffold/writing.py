"""Write the template's files, with the application's name in them."""

import json
import keyword
import sys
from collections.abc import Iterator
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from unitwork.domain.errors import MisuseError

_SUFFIX = ".txt"
_RENAMED = {"gitignore": ".gitignore"}
_TAKEN = {"migrations", "tests", "unitwork"}


def checked_name(name: str) -> str:
    """Return a name that a package can have.

    Raises:
        MisuseError: it can not.
    """
    usable = name.isidentifier() and name.isascii() and name == name.lower()
    usable = usable and not keyword.iskeyword(name)
    taken = usable and (name in _TAKEN or _can_be_imported(name))
    if usable and not taken:
        return name
    raise MisuseError(
        f"An application cannot be called {name!r}.",
        f"{'Another module has that name.' if taken else 'It names a Python package.'}",
        "Choose another name."
        if taken or keyword.iskeyword(name)
        else "Use lower-case letters, digits and _: unitwork new shop.",
    )


def _can_be_imported(name: str) -> bool:
    """Tell whether something else has the name, of Python or installed."""
    known = sys.stdlib_module_names
    return name in known or name in metadata.packages_distributions()


def scaffold(name: str, folder: Path) -> list[Path]:
    """Write an application into a folder, which is made.

    Args:
        name: of the package.
        folder: new, or empty.

    Returns:
        The files.

    Raises:
        MisuseError: the name or the folder cannot be used.
    """
    words = {
        "name": checked_name(name),
        "NAME": name.upper(),
        "Title": name.replace("_", " ").capitalize(),
        "source": _source(),
    }
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "not empty" if folder.is_dir() else "no folder"
        raise MisuseError(
            f"{folder} is there already, and {what}.",
            "A new application has a folder of its own; nothing was written.",
            "Choose another name, or --folder.",
        )
    try:
        return list(_written(name, folder, words))
    except OSError as error:
        raise MisuseError(
            f"{error.filename or folder} cannot be written: {error.strerror}.",
            "A new application has a folder of its own.",
            "Choose another place: --folder.",
        ) from error


def _written(name: str, folder: Path, words: dict[str, str]) -> Iterator[Path]:
    template = resources.files("unitwork.entrypoints.cli.scaffold") / "template"
    for place, file in _files(template, PurePosixPath()):
        path = folder / _place(place, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(file.read_text("utf-8"), words), "utf-8")
        yield path


def _files(
    folder: Traversable, place: PurePosixPath
) -> Iterator[tuple[PurePosixPath, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from _files(entry, place / entry.name)
        elif entry.name.endswith(_SUFFIX):
            yield place / entry.name.removesuffix(_SUFFIX), entry


def _place(place: PurePosixPath, name: str) -> PurePosixPath:
    parts = (name if part == "package" else part for part in place.parts)
    return PurePosixPath(*(_RENAMED.get(part, part) for part in parts))


def _filled(text: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        text = text.replace("{{" + word + "}}", value)
    return text


def _source() -> str:
    """Return what to install: this library's checkout, if it was installed from one."""
    said = metadata.distribution("unitwork").read_text("direct_url.json")
    url = urlsplit(json.loads(said)["url"] if said else "")
    return unquote(url.path) if url.scheme == "file" else "unitwork"
