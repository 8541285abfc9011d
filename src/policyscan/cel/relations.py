"""Relations between types: which fit where, what two have in common, and signatures' parameters.

In: one or two types. Out: whether the one may stand for the other, their common type, or the parts that
they are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from policyscan.cel.types import (
    BOOL,
    DYN,
    NEVER,
    NULL,
    STRING,
    WHOLE_DYN,
    AnyObject,
    Enum,
    List,
    Map,
    Nullable,
    ObjectType,
    Optional,
    Type,
    TypeParam,
    Union,
    non_null,
    nullable,
)

Binding: TypeAlias = dict[str, Type]


def may_be_null(t: Type) -> bool:
    """Whether a value of the type can be null."""
    return isinstance(t, Nullable) or t in (DYN, NULL)


def flag_of(t: Type) -> str:
    """How a condition of the type is checked when it runs: "" not at all, "n" for null, "d" for anything."""
    if t == BOOL:
        return ""
    return "n" if t == Nullable(BOOL) else "d"


def parts(t: Type) -> tuple[Type, ...]:
    """The types that a type is made of."""
    if isinstance(t, List | Optional | Nullable):
        return (t.elem,)
    return (t.key, t.value) if isinstance(t, Map) else ()


def partial(t: Type) -> bool:
    """Whether a value of the type may lack facts that are true: it holds an object or a document's map.

    Which keys such a value has, and whether two of them are equal, tells what was written and not what is.
    """
    return lists_entries(t) or any(map(partial, parts(t)))


def lists_entries(t: Type) -> bool:
    """Whether a value of the type itself, not only one within it, may lack entries: see `partial`."""
    t = non_null(t)
    if isinstance(t, Map):
        return not t.whole
    return isinstance(t, ObjectType | Union) or (t == DYN and t is not WHOLE_DYN)


def whole(t: Type) -> Type:
    """A type that was made of nothing partial, with that known of its maps and of `dyn` within it."""
    if t == DYN:
        return WHOLE_DYN
    if isinstance(t, Map):
        return Map(whole(t.key), whole(t.value), whole=True)
    if isinstance(t, List | Optional | Nullable):
        return type(t)(whole(t.elem))
    return t


def reached(types: Iterable[Type]) -> Iterator[ObjectType]:
    """The object types that some types are or lead to, each once."""
    pending, seen = list(types), set[int]()
    for t in pending:
        pending.extend((*parts(t), *(t.members if isinstance(t, Union) else ())))
        if isinstance(t, ObjectType) and id(t) not in seen:
            seen.add(id(t))
            pending.extend(field.type for field in t.fields.values())
            yield t


def assignable(a: Type, b: Type) -> bool:
    """Whether a value of type `a` may stand where `b` is needed."""
    return fit(a, b, {})


def fit(a: Type, b: Type, binding: Binding) -> bool:
    """As `assignable`; type parameters of `b` are bound to what they meet."""
    if isinstance(b, TypeParam):
        if b.bound is not None and (a == DYN or not fit(non_null(a), b.bound, {})):
            return False
        bound = binding.get(b.name)
        joined = a if bound is None else join(bound, a)
        if bound is not None and joined == DYN and DYN not in (bound, a):
            return False
        binding[b.name] = joined
        return True
    if a == b or a in (DYN, NEVER) or b == DYN:
        return not (a in (DYN, NEVER) and _bind_all(b, binding))
    if isinstance(b, Nullable):
        return a == NULL or fit(non_null(a), b.elem, binding)
    if isinstance(a, Enum):
        return b == STRING or (isinstance(b, Enum) and set(a.values) <= set(b.values))
    if isinstance(b, AnyObject):
        return _has_shape(a, b)
    if isinstance(b, Union):
        members = a.members if isinstance(a, Union) else (a,)
        return all(member in b.members for member in members)
    if type(a) is type(b) and parts(a):
        return all(fit(x, y, binding) for x, y in zip(parts(a), parts(b), strict=True))
    return False


def certain(a: Type, b: Type) -> bool:
    """Whether a type that fits another does so without a `dyn` in it that might turn out otherwise."""
    if isinstance(b, TypeParam) or b == DYN:
        return True
    if a == DYN:
        return False
    if type(a) is not type(b):
        return True
    return all(certain(x, y) for x, y in zip(parts(a), parts(b), strict=False))


def _has_shape(a: Type, shape: AnyObject) -> bool:
    if isinstance(a, Union):
        return all(_has_shape(member, shape) for member in a.members)
    if isinstance(a, Map):
        # A map written in the expression; what its values are shows when it runs.
        return bool(shape.fields) and assignable(a.key, STRING) and a.value == DYN
    if not isinstance(a, ObjectType):
        return False
    return all(
        name in a.fields and assignable(a.fields[name].type, wanted) for name, wanted in shape.fields.items()
    )


def _bind_all(t: Type, binding: Binding) -> bool:
    """Binds every parameter within `t` that is not bound to `dyn`; always False."""
    if isinstance(t, TypeParam):
        binding.setdefault(t.name, DYN)
    for part in parts(t):
        _bind_all(part, binding)
    return False


def join(a: Type, b: Type) -> Type:
    """The narrowest type that both fit; `dyn` where they have nothing in common."""
    if b == NEVER:
        return a
    if a == b:
        return _merged(a, b)
    if a == NEVER:
        return b
    if NULL in (a, b):
        return nullable(b if a == NULL else a)
    if isinstance(a, Nullable) or isinstance(b, Nullable):
        joined = join(non_null(a), non_null(b))
        return nullable(joined)
    if isinstance(a, Enum | type(None)) or isinstance(b, Enum):
        return STRING if all(isinstance(t, Enum) or t == STRING for t in (a, b)) else DYN
    if isinstance(a, ObjectType | Union) and isinstance(b, ObjectType | Union):
        members = [*_members(a), *(m for m in _members(b) if m not in _members(a))]
        return Union(tuple(members))
    if type(a) is type(b) and isinstance(a, List | Optional):
        return type(a)(join(a.elem, parts(b)[0]))
    if isinstance(a, Map) and isinstance(b, Map):
        return Map(join(a.key, b.key), join(a.value, b.value), whole=a.whole and b.whole)
    return DYN if partial(a) or partial(b) else WHOLE_DYN


def _merged(a: Type, b: Type) -> Type:
    """One of two equal types that is whole only where both are."""
    if not partial(b):
        return a
    if not partial(a):
        return b
    if isinstance(a, Map) and isinstance(b, Map):
        return Map(_merged(a.key, b.key), _merged(a.value, b.value), whole=a.whole and b.whole)
    if isinstance(a, List | Optional | Nullable):
        return type(a)(_merged(a.elem, parts(b)[0]))
    return a


def _members(t: ObjectType | Union) -> tuple[ObjectType, ...]:
    return t.members if isinstance(t, Union) else (t,)


def substitute(t: Type, binding: Binding) -> Type:
    """`t` with its parameters replaced by what they are bound to."""
    if isinstance(t, TypeParam):
        return binding.get(t.name, DYN)
    if isinstance(t, Nullable):
        return nullable(substitute(t.elem, binding))
    if isinstance(t, List | Optional):
        return type(t)(substitute(t.elem, binding))
    if isinstance(t, Map):
        return Map(substitute(t.key, binding), substitute(t.value, binding), whole=t.whole)
    return t
