"""From classes to shapes: what each attribute is, or what is wrong with it."""

from collections.abc import Mapping
from typing import Any, get_args, get_origin

import attrs

from unitwork.adapters.mapping.document import Undocumented, document
from unitwork.adapters.mapping.members import (
    UNKNOWN,
    Member,
    has_members,
    is_frozen,
    is_value,
    members,
    names_of,
)
from unitwork.adapters.mapping.overrides import Mistakes, Said
from unitwork.adapters.mapping.scalars import (
    UNSCALED,
    scalar_type,
    without_none,
)
from unitwork.adapters.mapping.shape import Collection, Composite, Node, Scalar, Spot
from unitwork.adapters.mapping.types import ColumnType, Integer, Json
from unitwork.domain.aggregate import AggregateRoot, Entity
from unitwork.domain.json_value import JsonValue

_RUFF = (
    "Import what it names outside of `if TYPE_CHECKING:`, and tell ruff so:"
    " [tool.ruff.lint.flake8-type-checking] runtime-evaluated-base-classes ="
    ' ["unitwork.AggregateRoot", "unitwork.Entity", "unitwork.Value"].'
)
_JSON = (JsonValue, dict[str, JsonValue], list[JsonValue])


@attrs.frozen
class Derivation:
    """Derive the shape of one aggregate."""

    said: Said
    namespace: Mapping[str, Any]
    mistakes: Mistakes
    _around: list[type] = attrs.field(factory=list, init=False)

    def root(self, cls: type) -> Composite | None:
        """Return the shape of a root, or None where its class cannot be one."""
        if not isinstance(cls, type) or not has_members(cls):
            self.mistakes.add(
                getattr(cls, "__name__", repr(cls)),
                "is no class with attributes.",
                "Derive it from AggregateRoot, or make it with attrs.define.",
            )
            return None
        if issubclass(cls, Entity) or is_frozen(cls):
            kind = "an Entity" if issubclass(cls, Entity) else "frozen"
            self.mistakes.add(
                cls.__name__,
                f"is {kind}: a root stands by itself and changes over its life.",
                "Derive it from AggregateRoot, or make it with attrs.define.",
            )
            return None
        shape = self._composite(cls, Spot.at(cls), self._key_of(cls, self.said.key))
        if shape.key is None:
            remedy = 'Name the attribute that identifies it: key="id".'
            if issubclass(cls, AggregateRoot):
                remedy = "Mark the attribute that identifies it: `id: Key[UUID]`."
            self.mistakes.add(cls.__name__, "has no key.", remedy)
        found = shape.parts and shape.parts[0][0] == shape.key
        return shape if found else None  # a key with a mistake is reported already

    def leftovers(self, cls: type) -> None:
        """Report overrides that fit nothing."""
        for option, place in self.said.leftovers():
            if not self.mistakes.concern(place):
                self.mistakes.add(
                    place,
                    f"in {option}= of {cls.__name__} is nothing that it could be said"
                    " of.",
                    "Correct the name, or leave it out.",
                )

    def _key_of(self, cls: type, said: str | None) -> str | None:
        marked = [m.name for m in members(cls, self.namespace) if m.is_key]
        if issubclass(cls, AggregateRoot | Entity) and said is not None:
            self.mistakes.add(
                cls.__name__,
                "is given a key by name.",
                "Mark it in the class: Key[...].",
            )
        if len(marked) > 1:
            self.mistakes.add(
                cls.__name__,
                f"has {len(marked)} keys: {', '.join(marked)}.",
                "Keep one Key; make the others Field and list them in unique=.",
            )
        if said is not None and said not in names_of(cls):
            self.mistakes.add(
                cls.__name__, f"has no attribute {said!r}.", "Correct the key's name."
            )
        return marked[0] if marked else said

    def _composite(self, cls: type, spot: Spot, key: str | None) -> Composite:
        self._around.append(cls)
        parts: list[tuple[str, Node]] = []
        transient = []
        generated = False
        for member in members(cls, self.namespace):
            if member.said.factory and not member.said.persisted:
                transient.append((member.name, member.said.factory))
                continue
            generated |= self._is_generated(member, spot, key)
            node = self._attribute(cls, member, spot, is_key=member.name == key)
            if node is not None:
                parts.append((member.name, node))
        self._around.pop()
        parts.sort(key=lambda part: part[0] != key)
        return Composite(
            cls,
            tuple(parts),
            key=key,
            generated=generated,
            transient=tuple(transient),
        )

    def _is_generated(self, member: Member, spot: Spot, key: str | None) -> bool:
        if not member.said.generated:
            return False
        owner, place = spot.views[-1][0], spot.part(member.name)
        if member.name != key or issubclass(owner, Entity) or len(self._around) > 1:
            self.mistakes.add(
                place,
                "cannot be generated(): the database makes keys of roots only.",
                "Make it on the client: key(factory=new_id).",
            )
        elif not isinstance(scalar_type(without_none(member.hint)[0]), Integer):
            self.mistakes.add(
                place,
                "cannot be generated(): the database makes integers only.",
                "Write Key[int], or make it on the client: key(factory=new_id).",
            )
        return True

    def _attribute(
        self, cls: type, member: Member, spot: Spot, *, is_key: bool
    ) -> Node | None:
        place = spot.part(member.name)
        if member.hint is UNKNOWN:
            remedy = _RUFF if member.problem else "Write its type: `name: type`."
            problem = member.problem or "it has no annotation"
            self.mistakes.add(place, f"is not understood: {problem}.", remedy)
            return None
        if member.marker is None and issubclass(cls, AggregateRoot | Entity):
            self.mistakes.add(
                place,
                "is neither Field nor Key.",
                "Write Field[...] to keep it, or = transient(factory=...) if it is not"
                " to be stored.",
            )
            return None
        if member.is_key and is_value(cls):
            self.mistakes.add(
                place,
                "is a Key of a value, which has no identity.",
                "Make it a Field, or derive the class from Entity.",
            )
            return None
        node = self._node(member.hint, place)
        if is_key and node is not None and not _may_identify(node):
            self.mistakes.add(
                place,
                "cannot be a key.",
                "A key is one column, never None, not JSON: Key[UUID], Key[str] ...",
            )
            return None
        return node

    def _node(self, hint: Any, spot: Spot) -> Node | None:
        inner, nullable = without_none(hint)
        if self.said.is_json(spot) or inner in _JSON:
            return self._document(inner, spot, nullable=nullable or inner is JsonValue)
        found = scalar_type(inner)
        if found is not None:
            return self._scalar(found, spot, nullable=nullable)
        if (get_origin(inner) or inner) in (list, dict, set):
            return self._collection(inner, spot, nullable=nullable)
        if isinstance(inner, type) and has_members(inner):
            return self._value(inner, spot, nullable=nullable)
        self._unknown_type(inner, spot)
        return None

    def _scalar(
        self, found: ColumnType, spot: Spot, *, nullable: bool
    ) -> Scalar | None:
        said: Any = self.said.column(spot)
        if said is not None and not isinstance(said, ColumnType):
            self.mistakes.add(
                spot,
                f"is given {said!r} in columns=, which is no column type.",
                f"Give a unitwork.adapters.mapping.{_name(found)}.",
            )
            return None
        if said is not None and type(said) is not type(found):
            self.mistakes.add(
                spot,
                f"is annotated as {_name(found)}, and columns= says {said!r}.",
                f"Give a {_name(found)}, or change the annotation.",
            )
            return None
        return Scalar(spot, said or found, nullable, said is not None)

    def _document(self, hint: Any, spot: Spot, *, nullable: bool) -> Scalar | None:
        try:
            found = document(hint, self.namespace)
        except Undocumented as problem:
            self.mistakes.add(
                spot,
                f"cannot be kept as JSON: {problem}.",
                "JSON takes JsonValue, scalars, values, and list, tuple, set or"
                " dict[str, ...] of them.",
            )
            return None
        return Scalar(spot, found, nullable, said=True)

    def _value(self, cls: type, spot: Spot, *, nullable: bool) -> Composite | None:
        if issubclass(cls, AggregateRoot):
            self.mistakes.add(
                spot,
                f"holds another aggregate, {cls.__name__}.",
                f"Hold its key, and say so: references={{{spot}: {cls.__name__}}}.",
            )
        elif not is_value(cls):
            self.mistakes.add(
                spot,
                f"holds one entity, {cls.__name__}.",
                "Make it a Value, or hold it in a list, dict or set.",
            )
        elif cls in self._around:
            self._recursive(cls, spot)
        else:
            shape = self._composite(cls, spot.inside(cls), None)
            shape = attrs.evolve(shape, nullable=nullable)
            if self._sound(shape, spot):
                return shape
        return None

    def _sound(self, shape: Composite, spot: Spot) -> bool:
        name = shape.cls.__name__
        if shape.nullable and shape.required is None:
            self.mistakes.add(
                spot,
                f"may be None, but {name} has no part that is always there.",
                f"None could not be told from a {name} of Nones: give {name} a part"
                " that is not optional, or do without None here.",
            )
            return False
        return True

    def _collection(
        self, hint: Any, spot: Spot, *, nullable: bool
    ) -> Collection | None:
        container = get_origin(hint) or hint
        arguments = get_args(hint)
        problem = remedy = ""
        if len(arguments) != (2 if container is dict else 1):
            problem = f"does not say what its {container.__name__} holds."
            remedy = f"Write {container.__name__}[...]."
        elif nullable:
            problem = "is a collection that may be None."
            remedy = f"Use an empty one: field(factory={container.__name__})."
        elif len(spot.views) > 1:
            problem = f"is a {container.__name__} inside of a value."
            remedy = f"Keep it as JSON, json=[{spot}], or make the value an Entity."
        if problem:
            self.mistakes.add(spot, problem, remedy)
            return None
        item = self._item(arguments[-1], spot)
        key = self._dict_key(arguments[0], spot) if container is dict else None
        if item is None or (container is dict and key is None):
            return None
        found = Collection(spot, container, item, key)
        return found if self._identified(found) else None

    def _identified(self, collection: Collection) -> bool:
        """Check that rows of a set without keys are told apart by their columns."""
        if collection.container is not set or collection.keyed:
            return True
        sound = True
        for names, scalar, nullable in collection.leaves():
            if nullable or isinstance(scalar.type, Json):
                place = scalar.spot if names else collection.spot
                self.mistakes.add(
                    place,
                    f"may not be {'None' if nullable else 'JSON'} in the set"
                    f" {collection.spot}, whose rows are told apart by all columns.",
                    "Make it always there, use a list, or give the items a Key.",
                )
                sound = False
        return sound

    def _dict_key(self, hint: Any, spot: Spot) -> Scalar | None:
        inner, nullable = without_none(hint)
        found = scalar_type(inner)
        if found is None or nullable or isinstance(found, Json) or found is UNSCALED:
            self.mistakes.add(
                spot,
                "is a dict with keys that cannot be one column.",
                "Use str, int, UUID, an enum, date or another plain type as key.",
            )
            return None
        return Scalar(spot, found, nullable=False, said=False)

    def _item(self, hint: Any, spot: Spot) -> Scalar | Composite | None:
        inner, nullable = without_none(hint)
        if nullable:
            self.mistakes.add(
                spot, "holds None.", "Leave None out of what the collection holds."
            )
            return None
        found = scalar_type(inner)
        if found is not None:
            return self._scalar(found, spot, nullable=False)
        if not (isinstance(inner, type) and has_members(inner)):
            self._unknown_type(inner, spot)
        elif issubclass(inner, AggregateRoot):
            self._value(inner, spot, nullable=False)
        elif inner in self._around:
            self._recursive(inner, spot)
        else:
            return self._child(inner, spot)
        return None

    def _child(self, cls: type, spot: Spot) -> Composite | None:
        if is_value(cls):
            shape = self._composite(cls, Spot.at(cls).inside(cls), None)
            return shape if self._sound(shape, spot) else None
        key = self._key_of(cls, self.said.child_key(cls))
        return self._composite(cls, Spot.at(cls), key)

    def _recursive(self, cls: type, spot: Spot) -> None:
        self.mistakes.add(
            spot,
            f"makes {cls.__name__} contain itself.",
            "Refer to the other one by its key, or keep the tree as JSON.",
        )

    def _unknown_type(self, hint: Any, spot: Spot) -> None:
        self.mistakes.add(
            spot,
            f"is of a type that no column holds: {_name_of_hint(hint)}.",
            f"Use a plain type, a Value, an Entity in a list, dict or set, or keep it"
            f" as JSON: json=[{spot}].",
        )


def _may_identify(node: Node) -> bool:
    return (
        isinstance(node, Scalar)
        and not node.nullable
        and not isinstance(node.type, Json)
    )


def _name(kind: ColumnType) -> str:
    return type(kind).__name__


def _name_of_hint(hint: Any) -> str:
    return hint.__qualname__ if isinstance(hint, type) else repr(hint)
