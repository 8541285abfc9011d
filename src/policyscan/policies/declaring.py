"""A policy's parameters and their values: in, a file and what is configured; out, constants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policyscan import cel
from policyscan.cel import types
from policyscan.cel.spelling import did_you_mean
from policyscan.findings import EvidenceRule, Grade
from policyscan.policies import parameters as params
from policyscan.policies.complaints import Complaints
from policyscan.policies.files import Path
from policyscan.policies.policy import Parameter
from policyscan.records import NamedTuple

Constants = Mapping[str, tuple[types.Type, Any]]
"""Type and value of every parameter."""

_NANOSECONDS_OF_A_DAY = 86_400_000_000_000


class Declared(NamedTuple):
    """A policy's parameters by name, and the values that hold: configured ones, else the defaults."""

    parameters: dict[str, Parameter]
    values: dict[str, Any]

    @property
    def constants(self) -> Constants:
        """What expressions may name."""
        return {name: (params.TYPES[p.type], self.values[name]) for name, p in self.parameters.items()}


def declare(complaints: Complaints, overrides: Mapping[str, Any]) -> Declared:
    """The sound parameters of a file, with the values that `overrides` gives as written in YAML."""
    written = complaints.file.value.get("parameters", {})
    declared = {
        name: made for name in written if (made := _parameter(complaints, name, written[name])) is not None
    }
    return Declared(declared, _values(complaints, declared, overrides))


def days(complaints: Complaints, declared: Declared, written: str | None, path: Path) -> int:
    """A number of days as written: `30d`, the name of a duration (`params.ahead`), or 0 for nothing."""
    if written is None:
        return 0
    if written.startswith("params."):
        value = declared.values.get(written[len("params.") :])
        if not isinstance(value, cel.values.Duration):
            complaints.value(f"{written} is not a duration parameter of this policy", path)
            return 0
        return int(value) // _NANOSECONDS_OF_A_DAY
    return int(written[:-1])


def evidence_rule(complaints: Complaints, declared: Declared) -> EvidenceRule | None:
    """What a policy asks of the evidence for what it reads; None if nothing."""
    written = complaints.file.value.get("evidence")
    if written is None:
        return None
    age = written.get("max_age")
    most = days(complaints, declared, age, ("evidence", "max_age")) if age is not None else None
    return EvidenceRule(Grade(written["grade"]), most)


def _parameter(complaints: Complaints, name: str, written: Mapping[str, Any]) -> Parameter | None:
    path: Path = ("parameters", name)
    type_ = written["type"]
    if type_ in params.BOUNDED and not ("min" in written and "max" in written):
        hint = "give it `min:` and `max:`, so that no profile can void it"
        complaints.value(f"parameter {name!r} has no bounds", path, hint)
        return None
    converted: dict[str, Any] = {}
    parts = [part for part in ("default", "min", "max") if part in written]
    for part in parts:
        try:
            converted[part] = params.convert(type_, written[part])
        except ValueError as error:
            complaints.value(f"parameter {name!r}, {part}: {error}", (*path, part))
    if len(converted) < len(parts):
        return None
    parameter = Parameter(
        name, type_, converted["default"], converted.get("min"), converted.get("max"),
        tuple(written.get("values", ())), written.get("stricter", "neither"), written["why"],
    )  # fmt: skip
    try:
        params.check_bounds(parameter, parameter.default)
    except ValueError as error:
        complaints.value(f"parameter {name!r}, default: {error}", (*path, "default"))
        return None
    return parameter


def _values(
    complaints: Complaints, declared: Mapping[str, Parameter], overrides: Mapping[str, Any]
) -> dict[str, Any]:
    values = {name: p.default for name, p in declared.items()}
    for name, written in overrides.items():
        parameter = declared.get(name)
        if parameter is None:
            _unknown_parameter(complaints, name)
            continue
        try:
            value = params.convert(parameter.type, written)
            params.check_bounds(parameter, value)
        except ValueError as error:
            complaints.setting(name, str(error))
            continue
        values[name] = value
    return values


def _unknown_parameter(complaints: Complaints, name: str) -> None:
    known = complaints.file.value.get("parameters", {})
    hint = did_you_mean(name, known) or f"its parameters are: {', '.join(known) or 'none'}"
    complaints.setting(name, "there is no such parameter", misnamed=True, hint=hint)
