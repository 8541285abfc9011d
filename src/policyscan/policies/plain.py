"""Policies as plain values, which `marshal` keeps between runs, and back."""

from __future__ import annotations

import marshal
from typing import Any

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
_NUMBERS = {noun: number for number, noun in enumerate(_NOUNS)}
_ENUMS: tuple[Any, ...] = (Severity, Status, Grade)
_CODE, _ENUM, _VALUE = range(-3, 0)


def dumps(policy: Policy) -> bytes:
    """A policy as bytes, with the programs of its expressions."""
    return marshal.dumps(_plain(policy))


def loads(data: bytes) -> Policy:
    """The policy that `dumps` was given."""
    made: Policy = _made(marshal.loads(data))  # noqa: S302 - made by `dumps`
    return made


def _plain(value: Any) -> Any:
    """Text, numbers, tuples and dicts as they are; for anything else a list, which begins with what it is."""
    kind = type(value)
    if kind in {str, int, float, bool, type(None)}:
        return value
    if kind is tuple:
        return tuple(map(_plain, value))
    if kind is dict:
        return {key: _plain(item) for key, item in value.items()}
    if kind in _NUMBERS:
        return [_NUMBERS[kind], *map(_plain, value)]
    if kind is Code:
        return [_CODE, *value.dump()]
    if kind in _ENUMS:
        return [_ENUM, _ENUMS.index(kind), value.value]
    return [_VALUE, pack(value)]


def _made(value: Any) -> Any:
    kind = type(value)
    if kind is tuple:
        return tuple([_made(item) for item in value])
    if kind is dict:
        return {key: _made(item) for key, item in value.items()}
    if kind is not list:
        return value
    what = value[0]
    if what >= 0:
        return _NOUNS[what]._make([_made(item) for item in value[1:]])
    if what == _CODE:
        return Code(*value[1:])
    if what == _VALUE:
        return unpack(value[1])
    return _ENUMS[value[1]](value[2])
