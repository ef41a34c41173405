"""Say at the end of a run what was asked of which adapter."""

from typing import Any

import pytest

PROPERTY = "unitwork-conformance"
"""Of a test's report: the adapter, and its capabilities."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List adapters, what they can do, and how many cases they passed."""
    counted: dict[tuple[str, str], dict[str, int]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.getreports(outcome):
            for adapter in _adapters(report):
                counts = counted.setdefault(adapter, {})
                counts[outcome] = counts.get(outcome, 0) + 1
    if counted:
        terminalreporter.section("conformance")
    for (name, capabilities), counts in sorted(counted.items()):
        results = ", ".join(f"{number} {what}" for what, number in counts.items())
        terminalreporter.line(f"{name} ({capabilities}): {results}")


def _adapters(report: Any) -> list[tuple[str, str]]:
    """Read what a suite has written; a passed test is counted by its call."""
    if report.outcome == "passed" and report.when != "call":
        return []
    said = getattr(report, "user_properties", ())
    return [tuple(about) for key, about in said if key == PROPERTY]
