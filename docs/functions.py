"""The reference of functions and macros in docs/expressions.md, made from what declares them.

`docs/generate.py` puts it between the page's markers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyscan.cel import HostFunction, registry
from policyscan.cel.types import Type
from policyscan.policies import host

BEGIN: Final = "<!-- reference: made by `make generate` -->"
END: Final = "<!-- end of reference -->"

_TITLES: Final = {
    "operators": "Arithmetic",
    "standard": "Conversions, text, dates and times",
    "strings": "More about text",
    "math": "Numbers",
    "lists": "Lists",
    "optionals": "Optional values",
    "policy": "Made for policies",
    "calendars": "Calendars and rotas",
}
_ALIASES: Final = {"existsOne": "exists_one"}
_SHOWN: Final = 6


def reference() -> str:
    """The whole reference as Markdown, from third-level headings down."""
    parts = ["### Macros\n", "\n\n".join(map(_macro, _macros()))]
    for module, title in _titles().items():
        functions = [f for f in registry.functions() if registry.INDEX[f.name] == module]
        if functions:
            parts += [f"\n\n### {title}\n", "\n\n".join(map(_function, functions))]
    parts += ["\n\n### Other controls\n", "\n\n".join(map(_host_function, host.FUNCTIONS))]
    return "\n".join(parts) + "\n"


def _titles() -> dict[str, str]:
    modules = dict.fromkeys(registry.INDEX.values())
    return {module: _TITLES.get(module, module.capitalize()) for module in modules}


def _macros() -> list[list[registry.Macro]]:
    """The macros, those of one name together."""
    groups: dict[str, list[registry.Macro]] = {}
    for macro in registry.MACROS.values():
        groups.setdefault(_ALIASES.get(macro.name, macro.name), []).append(macro)
    return list(groups.values())


def _macro(group: list[registry.Macro]) -> str:
    names = ", ".join(f"`{name}`" for name in dict.fromkeys(macro.name for macro in group))
    lines = [f"**{names}**{_marks(group[0].policy, False)}  "]
    lines += [f"`{_usage(macro)}`: {macro.doc}  " for macro in group]
    return "\n".join(lines).rstrip() + _examples([e for macro in group for e in macro.examples])


def _usage(macro: registry.Macro) -> str:
    names = ("x",) if len(macro.binders) == 1 else ("k", "x")
    args = [names[macro.binders.index(at)] if at in macro.binders else "…" for at in range(macro.arity)]
    target = "optional" if macro.name.startswith("opt") else "items"
    return f"{target}.{macro.name}({', '.join(args)})"


def _function(function: registry.Function) -> str:
    lines = [f"**`{_shown_name(function.name)}`**{_marks(function.policy, function.absence)}  "]
    lines += [f"`{signature}`  " for signature in _signatures(function)]
    lines.append(function.doc)
    return "\n".join(lines) + _examples(function.examples)


def _host_function(function: HostFunction) -> str:
    params = ", ".join(map(str, function.params))
    lines = [f"**`{function.name}`**{_marks(True, function.absence)}  "]
    lines.append(f"`{function.name}({params}) → {function.result}`  ")
    lines.append(function.doc)
    return "\n".join(lines) + _examples(function.examples)


def _marks(policy: bool, absence: bool) -> str:
    marks = []
    if policy:
        marks.append("policies only")
    if absence:
        marks.append("needs `absence_ok`")
    return f" ({'; '.join(marks)})" if marks else ""


def _examples(examples: Sequence[str]) -> str:
    if not examples:
        return ""
    return "\n\n```cel\n" + "\n".join(examples) + "\n```"


def _shown_name(name: str) -> str:
    return name.strip("_") if name.startswith("_") else name.replace("-_", "-").replace("!_", "!")


def _signatures(function: registry.Function) -> list[str]:
    """Operators with every pair of types; other functions with one line for each way to call them."""
    if "_" in function.name:
        return list(dict.fromkeys(_operator(function.name, overload) for overload in function.overloads))
    groups: dict[tuple[bool, int], list[registry.Overload]] = {}
    for overload in function.overloads:
        groups.setdefault((overload.member, len(overload.params)), []).append(overload)
    return [_merged(function.name, group) for group in groups.values()]


def _operator(name: str, overload: registry.Overload) -> str:
    operands = [str(t) for t in overload.params]
    if len(operands) == 1:
        return f"{name.replace('_', '')}{operands[0]} → {overload.result}"
    return f"{operands[0]} {name.strip('_')} {operands[1]} → {overload.result}"


def _merged(name: str, group: list[registry.Overload]) -> str:
    params = [_either([overload.params[at] for overload in group]) for at in range(len(group[0].params))]
    if group[0].variadic and params:
        params[-1] += ", …"
    result = _either([overload.result for overload in group])
    if not group[0].member:
        return f"{name}({', '.join(params)}) → {result}"
    target = f"({params[0]})" if " or " in params[0] else params[0]
    return f"{target}.{name}({', '.join(params[1:])}) → {result}"


def _either(types: list[Type]) -> str:
    names = list(dict.fromkeys(map(str, types)))
    if len(names) > _SHOWN:
        names = [*names[:_SHOWN], "…"]
    return " or ".join(names)


def renewed(page: str) -> str:
    """The page with the reference between its markers; ValueError where it has none."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        msg = f"the page needs the lines {BEGIN!r} and {END!r}"
        raise ValueError(msg)
    return f"{head}{BEGIN}\n\n{reference()}\n{END}{tail}"
