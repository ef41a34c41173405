"""What a unit must see: committed rows, and what it did to them. Contract: 6, 20."""

from collections.abc import Mapping, Sequence

from unitwork.testing.conformance.battery.columns import NAMES, Row, full, said
from unitwork.testing.conformance.battery.kinds import Json
from unitwork.testing.conformance.battery.meaning import in_order, parting
from unitwork.testing.conformance.battery.questions import Question, Step

Named = dict[str, dict[str, Row]]


class View:
    """Rows by class and name, with nested blocks; every answer comes from them."""

    def __init__(self, stored: Mapping[str, Sequence[Row]]) -> None:
        """See what is committed."""
        self.rows: Named = {
            of: {row[NAMES[of]]: row for row in rows} for of, rows in stored.items()
        }
        self._outer: list[Named] = []

    def row(self, of: str, name: str) -> Row | None:
        """Give a row that is seen."""
        return self.rows.get(of, {}).get(name)

    def does(self, step: Step) -> bool:
        """Tell whether a step has anything to work on."""
        do, *rest = step
        if do in ("enter", "ask"):
            return True
        if do == "leave":
            return bool(self._outer)
        of, named = rest[:2]
        if do == "add":
            return self.row(of, named[NAMES[of]]) is None
        name = named[NAMES[of]] if do == "replace" else named
        return self.row(of, name) is not None

    def step(self, step: Step) -> None:
        """See what a step that `does` something has done."""
        do, *rest = step
        if do == "enter":
            self._outer.append({of: dict(rows) for of, rows in self.rows.items()})
        elif do == "leave":
            before = self._outer.pop()
            self.rows = before if rest[0] == "rollback" else self.rows
        elif do in ("add", "replace"):
            of, kept = rest
            row = full(of, kept)
            rows = self.rows.setdefault(of, {})
            rows.pop(row[NAMES[of]], None)
            rows[row[NAMES[of]]] = row
        elif do == "remove":
            del self.rows[rest[0]][rest[1]]
        elif do == "change":
            of, name, kept = rest
            self.rows[of][name] = {**self.rows[of][name], **said(of, kept)}

    def answers(self, question: Question) -> dict[str, Json]:
        """Say what each call of a question must give."""
        of, calls = question.of, question.calls
        rows = list(self.rows.get(of, {}).values())
        true, _ = parting(of, question.where, rows)
        meant = [row for n, row in enumerate(rows) if n in true]
        answers: dict[str, Json] = {"count": len(meant), "exists": bool(meant)}
        if any(call not in answers for call in calls):
            order = in_order(of, question.order, meant)
            answers |= _slices(question, [meant[n][NAMES[of]] for n in order])
        return {call: answers[call] for call in calls}


def _slices(question: Question, names: list[str]) -> dict[str, Json]:
    rest = names[question.offset :]
    begin = (question.number - 1) * question.size
    items = names[begin : begin + question.size]
    return {
        "matching": rest if question.limit is None else rest[: question.limit],
        "first": names[:1],
        "page": {"total": len(names), "items": items},
        "stream": names,
    }
