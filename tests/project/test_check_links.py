from pathlib import Path

import pytest

from scripts.check_links import broken

PAGE = """
# A page: its `title`

[file](other.md) [heading](#a-page-its-title) [both](other.md#there)
[elsewhere](https://example.org/nothing.md)

```
[code](nowhere.md)
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "other.md").write_text("## There\n")
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    return page


def test_links_to_files_and_headings_are_followed(page: Path) -> None:
    """Links that go elsewhere, and code, are left alone."""
    assert broken(page) == []


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("gone.md", "there is no such file"),
        ("other.md#gone", "there is no such heading"),
        ("#gone", "there is no such heading"),
    ],
)
def test_a_link_that_leads_nowhere_is_told(page: Path, link: str, why: str) -> None:
    """With its page, so that it can be found."""
    page.write_text(f"[text]({link})")

    assert broken(page) == [f"{page}: {link}: {why}"]
