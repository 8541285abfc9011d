"""Policies as `marshal` keeps them between runs, and back.

In: policies, or bytes that were made of some. Out: the other.

A policy is kept as code that makes it of constants. Python runs that several times as fast as anything of
ours could walk through the same values, and a start makes more than a hundred policies.
"""

from __future__ import annotations

import marshal
from typing import Any, Final

from policyscan.cel.packing import pack, unpack
from policyscan.findings import EvidenceRule, Grade, PolicyInfo, Quote, Severity, Status
from policyscan.policies.policy import (
    Binding,
    Code,
    Dispute,
    Message,
    Need,
    Parameter,
    Policy,
    Reads,
    Requirement,
    Table,
)

_NOUNS: tuple[Any, ...] = (
    Policy, PolicyInfo, Quote, Parameter, Message, Binding, Need, Requirement, Table, Reads, EvidenceRule,
    Dispute,
)  # fmt: skip
_ENUMS: tuple[Any, ...] = (Severity, Status, Grade)
_MEMBERS: Final = tuple(member for enum in _ENUMS for member in enum)
_NAMES: Final = {noun: f"n{number}" for number, noun in enumerate(_NOUNS)}
_WORDS: Final[dict[str, Any]] = {
    **{name: noun for noun, name in _NAMES.items()},
    **{f"m{number}": member for number, member in enumerate(_MEMBERS)},
    "made": tuple.__new__,
    "code": Code.kept,
    "unpack": unpack,
    "__builtins__": {},
}
"""What stands for what in the code that makes a policy; `k` are its constants."""
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


def dumps(policy: Policy) -> bytes:
    """A policy as bytes, with the programs of its expressions."""
    constants: list[Any] = []
    code = compile(_expression(policy, constants), "policy", "eval", dont_inherit=True)
    return marshal.dumps((code, constants))


def loads(data: bytes) -> Policy:
    """The policy that `dumps` was given."""
    code, constants = marshal.loads(data)  # noqa: S302 - made by `dumps`
    made: Policy = eval(code, {**_WORDS, "k": constants})  # noqa: S307 - made by `dumps`
    return made


def _expression(value: Any, constants: list[Any]) -> str:
    """A Python expression for a value; texts and numbers in it are constants, so that it has none itself."""
    kind = type(value)
    if _is_plain(value):
        return _constant(value, constants)
    if kind is Code:
        return f"code(*{_constant(value.dump(), constants)})"
    if kind in _ENUMS:
        return f"m{_MEMBERS.index(value)}"
    if kind is tuple or kind in _NAMES:
        items = "".join(f"{_expression(item, constants)}," for item in value)
        return f"({items})" if kind is tuple else f"made({_NAMES[kind]},({items}))"
    if kind is dict:
        pairs = [(_constant(key, constants), _expression(item, constants)) for key, item in value.items()]
        return f"{{{','.join(map(':'.join, pairs))}}}"
    return f"unpack({_constant(pack(value), constants)})"


def _constant(value: Any, constants: list[Any]) -> str:
    constants.append(value)
    return f"k[{len(constants) - 1}]"


def _is_plain(value: Any) -> bool:
    """Whether marshal keeps a value as it is."""
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return type(value) in _PLAIN
