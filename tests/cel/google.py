"""Google's CEL runtime as an oracle: one expression in, the same kind of outcome out."""

from __future__ import annotations

import ctypes
import datetime as dt
from typing import Any

from policyscan.cel.equality import map_key
from policyscan.cel.values import Duration, Timestamp, TypeValue, UInt
from tests.cel.harness import Outcome

try:
    from cel_expr_python import cel
    from cel_expr_python.ext import ext_bindings, ext_math, ext_optional, ext_strings
except ImportError:  # no wheel for this platform
    cel = None

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_TYPE_NAMES = {
    "null": "null_type",
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
}


def available() -> bool:
    """Whether Google's runtime is installed here."""
    return cel is not None


class Google:
    """An environment of Google's runtime with the extensions that we have too."""

    def __init__(self, variables: dict[str, str]) -> None:
        """`variables` have the names of their types: `INT`, `DYN`, …"""
        self.env = cel.NewEnv(
            variables={name: getattr(cel.Type, kind) for name, kind in variables.items()},
            extensions=[
                ext_bindings.ExtBindings(),
                ext_math.ExtMath(),
                ext_optional.ExtOptional(),
                ext_strings.ExtStrings(),
            ],
        )

    def run(self, source: str, values: dict[str, Any], *, checked: bool = False) -> Outcome:
        """The outcome; `refused` where it does not compile, `unknown` where Python cannot be told it."""
        try:
            expression = self.env.compile(source, disable_check=not checked)
        except RuntimeError as error:
            return Outcome(None, "refused", str(error))
        _keep_none_alive()
        try:
            found = expression.eval(data=values)
            return _outcome(found)
        except (TypeError, ValueError, OverflowError) as error:
            return Outcome(None, "unknown", str(error))
        except RuntimeError as error:
            return Outcome(None, "fault", str(error))


def _keep_none_alive() -> None:
    """The runtime gives away references to None that it does not own, which would end the process."""
    for _ in range(64):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(None))


def _outcome(found: Any) -> Outcome:
    if found.type() == cel.Type.ERROR:
        return Outcome(None, "fault", str(found.plain_value()))
    return Outcome(_value(found))


def _value(found: Any) -> Any:
    kind, value = found.type().name(), found.value()
    if kind == "UINT":
        return UInt(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {map_key(_key(key)): _value(item) for key, item in value.items()}
    if isinstance(value, bytearray | bytes):
        return bytes(value)
    if isinstance(value, dt.timedelta):
        return Duration(_nanos(value))
    if isinstance(value, dt.datetime):
        return Timestamp(_nanos(value - _EPOCH))
    if isinstance(value, cel.Type):
        name = value.name().partition("<")[0].lower()
        return TypeValue(_TYPE_NAMES.get(name, name))
    return value


def _key(key: Any) -> Any:
    return key.value() if hasattr(key, "value") else key


def _nanos(delta: dt.timedelta) -> int:
    return ((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1000
