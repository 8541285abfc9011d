"""Measure expressions against hand-written Python and the other CEL engines for Python, in turns.

    python benchmarks/cel_bench.py

Three checks that policies are made of: a field compared with a text, an age compared with a limit, and
`exists` over twelve devices. Google's runtime (`cel-expr-python`) and `cel-python` are measured where they
are installed, binding of the subject included, because every subject has to be bound; both have instants
where we have days. Policyscan's compiled evaluator keeps the turn of the clock besides; its tracing evaluator
keeps everything that it reads. The goals: twice the time of hand-written Python, a tenth of Google's.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from policyscan.cel import Clock, Date, Duration, Env, Timestamp, types
from policyscan.cel.types import Enum, Field, List, ObjectType

ROUNDS = 15
SECONDS = 0.02
"""How long each engine runs in a round."""

Check = Callable[[], object]

KIND = Enum("kind", ("laptop", "phone", "server"))
DEVICE = ObjectType(
    "device", {"id": Field(types.STRING), "kind": Field(KIND), "scanned_on": Field(types.DATE)}, ("id",)
)
CLIENT = ObjectType("client", {"devices": Field(List(DEVICE))})
PARAMS = ObjectType("params", {"max_age": Field(types.DURATION)})

CHECKS = {
    "field": 'device.kind == "laptop"',
    "age": "today - device.scanned_on <= params.max_age",
    "exists": 'client.devices.exists(d, d.kind == "server")',
}
FOREIGN = {
    "field": 'device.kind == "laptop"',
    "age": "now - device.scanned_at <= max_age",
    "exists": 'client.devices.exists(d, d.kind == "server")',
}

DAY = dt.date(2026, 10, 31)
SCANNED = dt.date(2026, 10, 20)
NOON = dt.time(12, tzinfo=dt.UTC)
LIMIT = dt.timedelta(days=14)


def inventory(**scanned: Any) -> dict[str, Any]:
    """Twelve laptops."""
    return {"devices": [{"id": f"lt-{n:02}", "kind": "laptop", **scanned} for n in range(12)]}


def ours() -> dict[str, dict[str, Check]]:
    """Both evaluators, by check."""
    params = (PARAMS, {"max_age": Duration.parse("14d")})
    env = Env({"client": CLIENT, "device": DEVICE}, {"params": params})
    clock = Clock(Date.parse(str(DAY)), Timestamp.parse(f"{DAY}T12:00:00Z"))
    client = inventory(scanned_on=Date.parse(str(SCANNED)))
    device = client["devices"][0]
    values = {"client": client, "device": device}
    found: dict[str, dict[str, Check]] = {"compiled": {}, "traced": {}}
    for name, source in CHECKS.items():
        checked = env.check(source)
        program, tracer = checked.compile(("client", "device")), checked.tracer
        found["compiled"][name] = partial(program, clock, client, device)
        found["traced"][name] = partial(tracer.trace, clock, values)
    return found


def by_hand() -> dict[str, Check]:
    """What one would write without a policy language."""
    client = inventory(scanned_on=SCANNED)
    device = client["devices"][0]
    checks: dict[str, Callable[[Any, Any], bool]] = {
        "field": lambda _client, device: device["kind"] == "laptop",
        "age": lambda _client, device: DAY - device["scanned_on"] <= LIMIT,
        "exists": lambda client, _device: any(d["kind"] == "server" for d in client["devices"]),
    }
    return {name: partial(check, client, device) for name, check in checks.items()}


def foreign_values() -> dict[str, Any]:
    """The variables as the other engines take them."""
    client = inventory(scanned_at=dt.datetime.combine(SCANNED, NOON))
    now = dt.datetime.combine(DAY, NOON)
    return {"client": client, "device": client["devices"][0], "now": now, "max_age": LIMIT}


def googles() -> dict[str, Check]:
    """Google's C++ runtime; empty where it is not installed."""
    try:
        from cel_expr_python import cel
    except ImportError:
        return {}
    values = foreign_values()
    env = cel.NewEnv(variables=dict.fromkeys(values, cel.Type.DYN))
    compiled = {name: env.compile(source) for name, source in FOREIGN.items()}
    return {name: partial(run.eval, data=values) for name, run in compiled.items()}


def cel_python() -> dict[str, Check]:
    """The pure Python implementation; empty where it is not installed."""
    try:
        import celpy
    except ImportError:
        return {}
    env = celpy.Environment()
    values = foreign_values()
    bound = {name: celpy.json_to_cel(value) for name, value in values.items()}
    runs = {name: env.program(env.compile(source)) for name, source in FOREIGN.items()}
    return {name: partial(run.evaluate, bound) for name, run in runs.items()}


def nanoseconds(check: Check) -> float:
    """The time of one call, from as many as fill a round."""
    count = 1
    while True:
        start = time.perf_counter_ns()
        for _ in range(count):
            check()
        taken = time.perf_counter_ns() - start
        if taken > SECONDS * 1e9:
            return taken / count
        count *= 4


def main() -> None:
    engines: dict[str, dict[str, Check]] = {"by hand": by_hand(), **ours()}
    engines |= {name: made for name, made in (("Google", googles()), ("cel-python", cel_python())) if made}
    overhead = statistics.median(nanoseconds(lambda: None) for _ in range(ROUNDS))
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for engine, checks in engines.items():
            for name, check in checks.items():
                times.setdefault((engine, name), []).append(nanoseconds(check) - overhead)
    print(f"{'':10}" + "".join(f"{name:>26}" for name in CHECKS))
    for engine in engines:
        cells = ""
        for name in CHECKS:
            mine = statistics.median(times[engine, name])
            cells += f"{mine:12,.0f} ns = {mine / statistics.median(times['by hand', name]):6.2f} x"
        print(f"{engine:10}{cells}")


if __name__ == "__main__":
    main()
