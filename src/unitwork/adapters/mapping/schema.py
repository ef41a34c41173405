"""Schema: how aggregates are stored, derived from their classes."""

import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, NewType, Self, Unpack

import attrs

from unitwork.adapters.mapping.containing import make_containers
from unitwork.adapters.mapping.derivation import Derivation
from unitwork.adapters.mapping.description import AggregateMapping
from unitwork.adapters.mapping.dumping import make_dump
from unitwork.adapters.mapping.layout import Layout
from unitwork.adapters.mapping.linking import comparable, link
from unitwork.adapters.mapping.loading import make_load
from unitwork.adapters.mapping.overrides import Mistakes, Overrides, Said
from unitwork.domain.errors import MisuseError, SchemaError


@attrs.frozen
class _Registration:
    cls: type
    overrides: Overrides
    names: Mapping[str, Any]
    """Classes that were local where the schema was written, for annotations."""


class Schema:
    """Describe how aggregates are stored; everything is derived from the classes.

    `Schema(Batch, Customer)` is enough where the classes say it all; `aggregate` adds
    a class together with what it cannot say. Nothing is derived before the first use.

    Lists keep their order; dicts are loaded in the order of their keys.

    Source: Data Mapper, Metadata Mapping (Fowler).
    """

    def __init__(self, *classes: type) -> None:
        """Take classes that need no exceptions."""
        self._registered: list[_Registration] = []
        self._mappings: dict[type, AggregateMapping] | None = None
        self._warnings: tuple[str, ...] = ()
        names = _local_classes(sys._getframe(1))  # noqa: SLF001 - classes made in a function have no other place
        for cls in classes:
            self._registered.append(_Registration(cls, {}, names))

    def aggregate(self, cls: type, **overrides: Unpack[Overrides]) -> Self:
        """Add a class, with the exceptions that it needs.

        Args:
            cls: an aggregate root, or a plain attrs class.
            overrides: see `Overrides`.

        Returns:
            The schema itself, for the next class.

        Raises:
            MisuseError: the schema is in use already, or an argument is unknown.
        """
        if self._mappings is not None:
            raise MisuseError(
                f"{cls.__name__} comes too late for this schema.",
                "It is in use: tables and statements have been derived from it.",
                "Add every class before the schema is handed to a database.",
            )
        for unknown in overrides.keys() - Overrides.__annotations__.keys():
            raise MisuseError(
                f"Schema.aggregate has no argument {unknown!r}.",
                "It would have been passed over without a word.",
                f"There are: {', '.join(Overrides.__annotations__)}.",
            )
        names = _local_classes(sys._getframe(1))  # noqa: SLF001 - as above
        self._registered.append(_Registration(cls, overrides, names))
        return self

    @property
    def mappings(self) -> tuple[AggregateMapping, ...]:
        """Return every class's mapping, targets of references first where possible.

        Raises:
            SchemaError: with every mistake of every class.
        """
        return tuple(self._derived().values())

    def mapping(self, cls: type) -> AggregateMapping:
        """Return the mapping of one class.

        Raises:
            MisuseError: the class is not in this schema.
        """
        found = (self._mappings or self._derived()).get(cls)
        if found is None:
            known = ", ".join(known.__name__ for known in self._derived()) or "none"
            raise MisuseError(
                f"{cls.__name__} is not in the schema.",
                f"The schema knows these classes: {known}.",
                f"Add it: Schema(..., {cls.__name__}).",
            )
        return found

    def check(self) -> None:
        """Find every mistake at once.

        Raises:
            SchemaError: with every mistake of every class.
        """
        self._derived()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is stored, but outside of what is verified."""
        self._derived()
        return self._warnings

    def _derived(self) -> dict[type, AggregateMapping]:
        if self._mappings is None:
            mistakes = Mistakes()
            layouts = link(self._layouts(mistakes), mistakes)
            if found := tuple(mistakes):
                raise SchemaError(found)
            self._mappings = {
                layout.root.cls: _mapping(layout, position)
                for position, layout in enumerate(layouts)
            }
            self._warnings = tuple(w for layout in layouts for w in layout.warnings)
        return self._mappings

    def _layouts(self, mistakes: Mistakes) -> list[Layout]:
        names = {getattr(e.cls, "__name__", ""): e.cls for e in self._registered}
        layouts: list[Layout] = []
        for entry in self._registered:
            if any(layout.root.cls is entry.cls for layout in layouts):
                mistakes.add(
                    entry.cls.__name__, "is in the schema twice.", "Add it once."
                )
                continue
            said = Said(entry.overrides, mistakes)
            derivation = Derivation(said, {**entry.names, **names}, mistakes)
            shape = derivation.root(entry.cls)
            if shape is None:
                continue
            layout = Layout(shape, said, mistakes)
            layout.build()
            derivation.leftovers(entry.cls)
            layouts.append(layout)
        return layouts


def _mapping(layout: Layout, position: int) -> AggregateMapping:
    root = layout.sheets[0]
    return AggregateMapping(
        aggregate=layout.root.cls,
        position=position,
        tables=tuple(sheet.table() for sheet in layout.sheets),
        key_attribute=layout.root.key or "",
        generated=layout.root.generated,
        version_column=layout.version,
        uniques=tuple(layout.uniques),
        references=tuple(layout.references),
        comparable=comparable(layout),
        dump=make_dump(layout),
        load=make_load(layout),
        columns=dict(root.leaves),
        containers=make_containers(layout),
    )


def _local_classes(frame: FrameType) -> dict[str, Any]:
    if frame.f_locals is frame.f_globals:
        return {}
    return {
        name: value
        for name, value in frame.f_locals.items()
        if isinstance(value, type | NewType)
    }
