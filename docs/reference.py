"""The pages of docs/reference/, written from schemas and policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import control_pages

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "src" / "policyscan" / "schemas"
FOLDER = ROOT / "docs" / "reference"
KINDS = ("client", "provider", "portfolio")
NOTE = "<!-- written by docs/generate.py: change the {source}, not this page -->\n"

Schema = dict[str, Any]


def pages() -> dict[Path, str]:
    """Every page with its text."""
    made = {FOLDER / f"{kind}.md": kind_page(kind) for kind in KINDS}
    made[FOLDER / "configuration.md"] = configuration_page()
    made[FOLDER / "policy.md"] = policy_page()
    return made | control_pages.pages()


# --- inventories -----------------------------------------------------------------------------------

KIND_INTRO = """
A file of this kind starts with `schema_version: 1` and `kind: {kind}`. A key that is missing, or has
nothing after it, says that the fact is not known; `null`, `[]` and `0` say that it is known to be none.
Only where a row says "not written means" does a key that is left out say something, to every control the
same. A text that only fills the space, such as `tbd`, `none`, `to be written` or `<name>`, says nothing where
a document, a person, a number or a reason is asked for: it counts as missing. No key is needed but those
marked so. Keys of your own start with `x-`. `policyscan schema {kind}` prints all this for editors.
"""


def kind_page(kind: str) -> str:
    """The data dictionary of a kind: one table for its root and one for each kind of thing in it."""
    schema = json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8"))
    lines = [
        f"# {schema['title']}\n",
        NOTE.format(source=f"schema of the kind {kind}"),
        schema["description"],
    ]
    shared = "defaults" in schema["properties"]
    lines += [KIND_INTRO.format(kind=kind), *table(schema, shared=shared)]
    for name in reachable(schema):
        definition = schema["$defs"][name]
        if "properties" in definition:
            lines += [
                f"\n## {name}\n",
                definition.get("description", ""),
                "",
                *table(definition, shared=shared),
            ]
        elif "enum" in definition:
            lines += [f"\n## {name}\n", definition.get("description", ""), "", choices(definition)]
        else:
            lines += [f"\n## {name}\n", definition.get("description", ""), "", shape(definition)]
    return "\n".join(lines) + "\n"


def table(schema: Schema, *, shared: bool = False) -> Iterator[str]:
    """The properties of an object as the rows of a Markdown table; `shared` tells which defaults may say."""
    yield "| key | what it says | written as |"
    yield "| --- | --- | --- |"
    required = schema.get("required", ())
    for name, part in schema["properties"].items():
        says = part.get("description", "")
        if absent := part.get("x-when-absent"):
            says += f" Not written means `{json.dumps(absent['value'])}`: {absent['why']}."
        if believed := part.get("x-plausible"):
            bounds = [f"{word} {believed[key]}" for key, word in BOUNDS.items() if key in believed]
            says += f" Unknown unless {' and '.join(bounds)}: {believed['why']}."
        if shared and part.get("x-default-ok") and name != "defaults":
            says += " May come from [defaults](../defaults.md)."
        needed = " (needed)" if name in required else ""
        yield f"| `{name}`{needed} | {cell(says)} | {cell(shape(part))} |"


BOUNDS = {"least": "at least", "most": "at most"}


def cell(text: str) -> str:
    """Text that cannot end its cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


SCALARS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def shape(part: Schema) -> str:
    """How a value is written, in a few words, with links to the tables of its parts."""
    match part:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            return f"[{name}](#{name})"
        case {"anyOf": list(options)} | {"oneOf": list(options)}:
            return " or ".join(dict.fromkeys(shape(option) for option in options))
        case {"type": "array", "items": dict(items)} if "properties" in items:
            return f"list of {shape(items)}"
        case {"properties": dict(properties)}:
            return "{" + ", ".join(f"{name}: {shape(inner)}" for name, inner in properties.items()) + "}"
        case {"const": value}:
            return f"`{json.dumps(value)}`"
        case {"enum": list(values)}:
            return ", ".join(
                f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`" for value in values
            )
        case {"type": list(types)}:
            return " or ".join(shape(part | {"type": one}) for one in types)
        case {"type": "array"}:
            return f"list of {shape(part['items'])}"
        case {"type": "object", "additionalProperties": dict(values)}:
            return f"map to {shape(values)}"
        case {"type": "null"}:
            return "null"
        case {"type": "string", "format": "date"}:
            return "date"
        case {"type": "string", "format": "date-time"}:
            return "instant"
        case {"x-ref": target}:
            targets = [target] if isinstance(target, str) else target
            return "id of " + " or ".join(f"`{each}`" for each in targets)
        case {"type": str(name)}:
            return unit(SCALARS.get(name, name), part)
    return "anything"


def unit(word: str, part: Schema) -> str:
    """A scalar with its unit, where a unit says more than its type."""
    named = part.get("x-unit")
    return f"{word} ({named})" if named and word.endswith("number") else word


def choices(definition: Schema) -> str:
    """The values of an enum, and their order where they have one."""
    values = ", ".join(f"`{value}`" for value in definition["enum"])
    return f"{values} (from low to high)" if definition.get("x-order") else values


def reachable(schema: Schema) -> list[str]:
    """The names of the definitions that a schema uses, in the order in which a reader meets them."""
    found: dict[str, None] = {}

    def visit(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(ref := part.get("$ref"), str):
                name = ref.rpartition("/")[2]
                if name not in found:
                    found[name] = None
                    visit(schema["$defs"][name])
            for key, value in part.items():
                if key != "$defs":
                    visit(value)
        elif isinstance(part, list):
            for value in part:
                visit(value)

    visit(schema)
    return list(found)


# --- configuration ---------------------------------------------------------------------------------


def configuration_page() -> str:
    """What may stand in policyscan.yaml."""
    schema = json.loads((SCHEMAS / "config.schema.json").read_text(encoding="utf-8"))
    lines = ["# Configuration\n", NOTE.format(source="schema of the configuration"), schema["description"]]
    lines += ["\nThe nearest `policyscan.yaml` upwards from where policyscan is run holds; none is needed.\n"]
    return "\n".join([*lines, *table(schema), ENVIRONMENT]) + "\n"


ENVIRONMENT = """
## From the environment

Every option can be given by a variable too: `POLICYSCAN_`, the command, `_`, and the option's long name in
capitals with `_` for `-`. `POLICYSCAN_SCAN_FAIL_ON=high` is `policyscan scan --fail-on high`. Blanks stand
between the values of an option that can be repeated (`POLICYSCAN_SCAN_OUTPUT="sarif:a.sarif json:b.json"`).
The command line comes first, then the environment, then `policyscan.yaml`. Commands tell on standard error
which of these variables decide, and a variable that begins like a command's and names no option of it is an
error. `policyscan config --resolved` shows every setting in force, and where it comes from.

| variable | what it does |
| --- | --- |
| `POLICYSCAN_CACHE_DIR` | The folder of what is kept between runs: a whole path, in no git checkout. |
| `XDG_CACHE_HOME`, `XDG_STATE_HOME` | Where folders of that kind lie; else where the system has them. |
| `NO_COLOR`, `FORCE_COLOR` | Anything in them switches colour off, or on. |
| `CLICOLOR_FORCE` | If those say nothing: anything but `0` in it switches colour on. |
| `CLICOLOR` | If none of them does: `0` switches it off. |
| `COLUMNS` | How wide text is that goes to a file or a pipe; without it, no line is broken there. |
| `FORCE_HYPERLINK` | Anything in it makes places links, `0` none. |
| `TERM_PROGRAM`, `VTE_VERSION`, `KONSOLE_VERSION`, `WT_SESSION` | Tell whether a terminal knows links. |
| `GITHUB_EVENT_PATH` | What a job of GitHub Actions runs for: annotations show first what that changed. |
| `GITHUB_STEP_SUMMARY` | An output to the file that it names is added to what is there. |"""


# --- the files of a pack ---------------------------------------------------------------------------

PACK_FILES = {
    "policy": "A policy: `<FAMILY>/<ID>.yaml`",
    "test": "Its tests: `<FAMILY>/<ID>.test.yaml`",
    "rule": "A rule of consistency: `consistency/<ID>.yaml`",
    "pack": "The pack: `pack.yaml`",
    "definitions": "Shared functions: `definitions.yaml`",
    "questionnaire": "A questionnaire: `questionnaires/<NAME>.yaml`",
}


def policy_page() -> str:
    """What may stand in each file of a pack."""
    lines = ["# The files of a pack\n", NOTE.format(source="schemas of policies")]
    lines.append("[Writing a control](../controls.md) shows how they go together.")
    for name, title in PACK_FILES.items():
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        lines += [f"\n## {title}\n", schema["description"], "", *table(schema)]
        for part in reachable(schema):
            definition = schema["$defs"][part]
            if "properties" in definition:
                lines += [f"\n### {part}\n", *table(definition)]
            else:
                says = definition.get("description") or pattern(definition)
                lines += [f"\n### {part}\n", says]
    return "\n".join(lines) + "\n"


def pattern(definition: Schema) -> str:
    """What a text or word must look like."""
    if "enum" in definition:
        return choices(definition)
    return f"Text that matches `{definition['pattern']}`."
