"""What the registry says of functions is true of them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from policyscan.cel import POLICY, Env, registry
from policyscan.cel import functions as package
from tests.cel.harness import both

FUNCTIONS = registry.functions()
MACROS = list(registry.MACROS.values())
EXAMPLES = [(f.name, example) for f in [*FUNCTIONS, *MACROS] for example in f.examples]


def test_the_index_names_exactly_what_the_modules_declare() -> None:
    modules = {path.stem for path in Path(package.__file__).parent.glob("*.py")} - {"__init__"}
    declared = {}
    for module in modules:
        for function in getattr(import_module(f"policyscan.cel.functions.{module}"), "FUNCTIONS", ()):
            assert function.name not in declared
            declared[function.name] = module
    assert declared == registry.INDEX


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_functions_are_documented(function: registry.Function) -> None:
    assert function.doc.endswith((".", "…"))
    assert function.overloads
    if not function.name.startswith(("_", "-_", "!_", "@")):
        assert function.examples, "an example that is true shows what a sentence cannot"


@pytest.mark.parametrize("macro", MACROS, ids=lambda m: f"{m.name}-{m.arity}")
def test_macros_are_documented(macro: registry.Macro) -> None:
    assert macro.doc.endswith(".")
    assert macro.examples
    assert set(macro.binders) < set(range(macro.arity))


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{n}: {e}" for n, e in EXAMPLES])
def test_examples_are_true(name: str, example: str) -> None:
    outcome = both(Env(dialect=POLICY).check(example), {})
    assert outcome.value is True, outcome


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_implementations_can_be_named_by_compiled_code(function: registry.Function) -> None:
    for overload in function.overloads:
        impl = overload.impl
        assert (
            getattr(import_module(impl.__module__), impl.__qualname__, impl) is impl
            or impl.__module__ == "math"
        )
        assert "<" not in impl.__qualname__, "an implementation is a function of its module"
