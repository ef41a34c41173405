"""Check that every relative link in the Markdown files leads to a file and heading."""

import re
import subprocess
import sys
from pathlib import Path

_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return the fragments by which the headings of a text are reached."""
    headings = (re.sub(r"[^\w\- ]", "", h.lower()) for h in _HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    """Return a line for each link of a page that leads nowhere."""
    links: list[str] = _LINK.findall(_FENCED.sub("", page.read_text("utf-8")))
    found = []
    for link in links:
        if ":" in link:
            continue
        name, _, fragment = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists():
            found.append(f"{page}: {link}: there is no such file")
        elif fragment and fragment not in anchors(target.read_text("utf-8")):
            found.append(f"{page}: {link}: there is no such heading")
    return found


def main() -> None:
    """Look at every Markdown file that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],  # noqa: S607 - git
        check=True,
        capture_output=True,
        text=True,
    )
    pages = [Path(name) for name in listed.stdout.splitlines()]
    lines = [line for page in pages if page.exists() for line in broken(page)]
    print(*lines, f"{len(pages)} pages, {len(lines)} broken links", sep="\n")
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
