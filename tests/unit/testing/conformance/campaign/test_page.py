"""The page tells what the results say; the published page is that of its results."""

from pathlib import Path

import attrs
import pytest

from unitwork import MisuseError
from unitwork.testing.conformance.campaign.lanes import Found, Part
from unitwork.testing.conformance.campaign.publishing import Results, publish
from unitwork.testing.conformance.campaign.sabotage import Bug
from unitwork.testing.conformance.campaign.state import About, Asked, State
from unitwork.testing.conformance.capabilities import Capabilities
from unitwork.testing.conformance.histories.verdicts import promised

DOCS = Path(__file__).parents[5] / "docs"
MET = {
    "ConcurrencyConflictError": {"snapshot": 30},
    "UniqueViolationError": {"snapshot": 40},
    "ReferenceViolationError": {"snapshot": 50},
    "query over changes": {"snapshot": 160},
}


@pytest.fixture
def state() -> State:
    """A run of one storage, of which the programs are done, and half of the queries."""
    asked = Asked(
        programs=200, queries=400, seed=10, levels=["mixed"], adapters=["mine:Mine"]
    )
    about = About("Mine 1.2", attrs.asdict(Capabilities(raw=False)))
    made = State.begun(asked, {"mine:Mine": about}, {"mine:Away": "nobody answers"})
    for lane in made.lanes:
        shown = {n: by[lane.level] for n, by in promised().items() if lane.level in by}
        done = {"isolation": 11, "programs": 210, "queries": 11}[lane.kind]
        asked_of = {"isolation": 15, "programs": 200, "queries": 200}[lane.kind]
        lane.add(
            10,
            Part(
                reached=done,
                asked=asked_of,
                seconds=90,
                met=MET if lane.kind == "programs" else {},
                verdicts=shown,
            ),
        )
    return made


def page(state: State, *bugs: Bug) -> str:
    return Results(state, bugs).page("mine")


def test_it_says_what_was_asked(state: State) -> None:
    """Storages with versions, numbers, seeds and times, and how to repeat it."""
    text = page(state)

    assert "| Mine | Mine 1.2 | raw |" in text
    assert "| Away | not asked: nobody answers | - |" in text
    assert "| Mine | mixed | 200 | 10-209 | 1.5 min | none |" in text
    assert "| Mine | mixed | 200 | 10-10 of 10-11 | 1.5 min | none |" in text
    assert "    mine:Mine \\\n    --programs 200 --queries 400" in text
    assert "--seed 10 --levels mixed" in text
    assert "(mine.json)" in text
    assert "--state run.json --report mine.md" in text
    assert "The run is not complete.\nNo differences" in text
    assert "- Mine queries mixed: 1 seeds are left" in text
    assert "| Mine | mixed | 150 | 200 | 250 | 800 |" in text
    assert "| P4 lost update | no | no |" in text
    assert "| G2-item write skew | shown | shown |" in text
    assert "No results are published yet." in text


def test_it_hides_nothing(state: State) -> None:
    """A difference, and a floor that was missed, stand at its top."""
    queries, programs = state.lanes[-1], state.lanes[-2]
    queries.found = Found(17, "count: 1, not 2")
    programs.met = {}
    text = page(state)

    assert "2 differences or missed floors were found." in text
    assert "- Mine queries mixed: differs at seed 17" in text
    assert "- Mine programs mixed: 200 programs met ConcurrencyConflict" in text
    assert "| at seed 17 |" in text


def test_it_counts_bugs_that_were_put_in(state: State) -> None:
    """How many were found, how soon, and why the others were not."""
    killed = [
        Bug(bug=f"b{n}", family="locks", killed_by="programs", program=n)
        for n in range(1, 21)
    ]
    other = Bug(bug="x", family="reads", killed_by="laws")
    survivor = Bug(bug="y", family="reads", reason="nobody waits")
    text = page(state, *killed, other, survivor)

    assert (
        "21 of 22 bugs were found; 20 of them by a program: the median is number 10.5,"
        " the 95th percentile number 19"
    ) in text
    assert "| locks | 20 | 20 | programs 20 |" in text
    assert "| reads | 2 | 1 | laws 1 |" in text
    assert "| y | reads | nobody waits |" in text


def test_results_are_kept_beside_the_page(state: State, tmp_path: Path) -> None:
    """A later page keeps the bugs, unless it is given others."""
    published, rows = tmp_path / "page.md", tmp_path / "rows.json"
    rows.write_text('[{"bug": "b", "family": "f", "killed_by": "laws"}]')
    publish(state, published, rows)
    first = published.read_text()
    publish(state, published)

    assert published.read_text() == first
    results = Results.from_json((tmp_path / "page.json").read_text())
    assert results == Results(
        state, (Bug(bug="b", family="f", killed_by="laws", program=None),)
    )
    rows.write_text('[{"bug": "b"}]')
    with pytest.raises(MisuseError, match="has no bugs to tell of"):
        publish(state, published, rows)


def test_the_published_page_is_that_of_the_published_results() -> None:
    """Nobody has edited it; newcomers find it."""
    results = Results.from_json((DOCS / "conformance.json").read_text("utf-8"))

    assert (DOCS / "conformance.md").read_text("utf-8") == results.page("conformance")
    assert "(conformance.md)" in (DOCS / "index.md").read_text("utf-8")
