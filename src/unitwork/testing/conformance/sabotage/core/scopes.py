"""What a block is, and how it ends."""

from unitwork.adapters import scope
from unitwork.adapters.holding import Holding
from unitwork.adapters.scope import Scope
from unitwork.adapters.unit_of_work import TrackingUnitOfWork
from unitwork.adapters.workspace import Workspace
from unitwork.testing.conformance.sabotage.editing import edits

BUGS = edits(
    "scopes",
    (
        "changed-objects-are-not-remembered",
        "A block does not remember how objects looked that were changed before it.",
        Scope.remember,
        "if entry.latest is not entry.loaded:",
        "if False:",
    ),
    (
        "looks-are-remembered-once",
        "A block takes an object for what an earlier block remembered.",
        Scope.remember,
        "entry.latest is None or not entry.latest.unchanged()",
        "entry.latest is None",
    ),
    (
        "values-are-not-undone",
        "Undoing a block leaves attributes as they are.",
        Scope.undo,
        "entry.latest.restore()",
        "pass",
    ),
    (
        "steps-are-not-undone",
        "Undoing a block keeps what it has added and removed.",
        Scope.undo,
        "step.undo()",
        "pass",
    ),
    (
        "steps-are-undone-forwards",
        "Undoing takes back the first step first.",
        Scope.undo,
        "reversed(self.steps)",
        "list(self.steps)",
    ),
    (
        "undoing-drops-all-events",
        "Undoing a block drops the events of the outer ones.",
        Scope.undo,
        ", self.mark)",
        ")",
    ),
    (
        "undoing-keeps-events",
        "Undoing a block keeps the events that it recorded.",
        Scope.undo,
        "drop_events((*known, *(step.entry for step in self.steps)), self.mark)",
        "pass",
    ),
    (
        "events-of-added-objects-stay",
        "Undoing keeps the events of objects that the block has added.",
        Scope.undo,
        "*(step.entry for step in self.steps)",
        "",
    ),
    (
        "kept-steps-are-forgotten",
        "What an inner block added and kept is not undone with the outer one.",
        Scope.hand_over,
        "outer.steps += self.steps",
        "pass",
    ),
    (
        "labels-count-what-came-to-nothing",
        "What was added and removed again is told of as uncommitted.",
        Scope.labels,
        "del net[known]",
        "pass",
    ),
    (
        "events-of-replaced-objects-are-lost",
        "Events of a replaced object are not collected.",
        scope.events_of,
        "if entry.replaced else",
        "if False else",
    ),
    (
        "put-back-objects-hide",
        "An object put back covers for good what was loaded meanwhile.",
        Holding._take_out,  # noqa: SLF001 - that is where the bug is
        "if entry.behind is not None:",
        "if False:",
    ),
    (
        "recorded-events-are-not-undone",
        "uow.record() is not undone with its block.",
        Workspace._undo,  # noqa: SLF001 - as above
        "if r[0] < scope.mark",
        "",
    ),
    (
        "events-are-out-of-order",
        "Events come class by class, not as they were recorded.",
        Workspace.events,
        "found.sort(key=lambda item: item[0])",
        "pass",
    ),
    (
        "events-stay-with-their-objects",
        "The next unit commits an object's events again.",
        Workspace.take_events,
        "drop_events(self.entries)",
        "pass",
    ),
    (
        "recorded-changes-are-not-told",
        "A block that recorded events ends silently without commit.",
        Workspace.undone,
        "return (*labels, *events)",
        "return (*labels,)",
    ),
    (
        "changed-values-are-not-told",
        "A block that changed attributes ends silently without commit.",
        Workspace.undone,
        "if was != _state(entry)",
        "if False",
    ),
    (
        "inner-blocks-are-committed-late",
        "A block that was kept can be used on.",
        Workspace.keep,
        "scope.savepoint, scope.ended = None, Outcome.COMMITTED",
        "scope.savepoint = None",
    ),
    (
        "kept-blocks-are-lost",
        "An inner block's work is not handed to the outer one.",
        Workspace.keep,
        "scope.hand_over(self.scopes[-2])",
        "pass",
    ),
    (
        "uncommitted-changes-are-silent",
        "Leaving with changes and without commit is no error.",
        TrackingUnitOfWork.__aexit__,
        "if changes:",
        "if False:",
    ),
    (
        "committed-blocks-go-on",
        "A unit can be used after its commit.",
        TrackingUnitOfWork.open_workspace,
        "if ended is not None:",
        "if False:",
    ),
    (
        "rollbacks-are-nothing",
        "rollback() keeps everything.",
        TrackingUnitOfWork.rollback,
        "await self._undo(workspace, nested=len(workspace.scopes) > 1)",
        "pass",
    ),
    (
        "committed-events-are-not-given",
        "A unit does not tell the events that it committed.",
        TrackingUnitOfWork.commit,
        "self._committed = workspace.take_events()",
        "workspace.take_events()",
    ),
    (
        "failed-commits-are-committed",
        "The outcome of a failed commit is COMMITTED.",
        TrackingUnitOfWork.commit,
        "self._outcome = workspace.undone_as if rolled_back else outcome",
        "self._outcome = Outcome.COMMITTED",
    ),
    (
        "failed-commits-can-be-repeated",
        "A unit can be used after a failed commit.",
        TrackingUnitOfWork.commit,
        "workspace.scopes[-1].ended = self._outcome",
        (
            "if self._outcome is Outcome.COMMITTED:"
            " workspace.scopes[-1].ended = self._outcome"
        ),
    ),
)
