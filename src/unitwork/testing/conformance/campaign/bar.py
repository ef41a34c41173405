"""One line that says how far a run has come."""

import sys
import time
from typing import TextIO

from unitwork.testing.conformance.campaign.lanes import CHUNKS, Lane
from unitwork.testing.conformance.campaign.state import State

_EVERY_SECONDS = 30


class Bar:
    """Writes over its own line in a terminal; elsewhere, a line now and then."""

    def __init__(self, state: State, stream: TextIO | None = None) -> None:
        """Remember where the run begins, for its speed."""
        self._state = state
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._begun = self._said = time.monotonic()
        self._left = _work(state)

    def show(self, lane: Lane) -> None:
        """Say where the run is: in which lane, and for how long yet."""
        now = time.monotonic()
        if self._terminal:
            self._stream.write(f"\r\x1b[K{self._line(lane, now)}")
            self._stream.flush()
        elif now - self._said >= _EVERY_SECONDS:
            self._said = now
            self.say(self._line(lane, now))

    def say(self, text: str) -> None:
        """Write lines that stay."""
        over = "\r\x1b[K" if self._terminal else ""
        self._stream.write(f"{over}{text}\n")
        self._stream.flush()

    def _line(self, lane: Lane, now: float) -> str:
        done = self._left - (left := _work(self._state))
        spent = now - self._begun
        minutes = f"{spent / done * left / 60:,.0f} min left" if done else "..."
        share = done / self._left if self._left else 1
        speed = f"{lane.asked / lane.seconds:,.0f}/s" if lane.seconds else ""
        filled = "#" * int(20 * share)
        where = f"{lane}: {lane.asked:,}"
        return f"[{filled:<20}] {share:4.0%}  {where}  {speed}  {minutes}"


def _work(state: State) -> float:
    """Weigh what is left: a chunk of any kind takes about as long."""
    return sum(lane.left() / CHUNKS[lane.kind] for lane in state.lanes)
