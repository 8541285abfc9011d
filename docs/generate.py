"""Keep what the documents show true: run the commands they show and put in what those print.

    python docs/generate.py            # write
    python docs/generate.py --check    # say what is out of date, write nothing, exit 1

A block of README.md or docs/*.md is generated if this comment stands on the line before it:

    <!-- generated: in inventories -->

Each line of the block that starts with `$ ` is a command; what it prints follows it. `in` names the
folder it runs in, from the root of the checkout; `in nothing` is an empty folder, and the commands
of all such blocks of a file share one, so that a later block goes on where an earlier one stopped.

What the schema of what is ahead shares with that of a report is put in by docs/outlook_schema.py.
The reference of functions in docs/expressions.md is made by docs/functions.py. The pages of
docs/reference/ are written whole, by docs/reference.py, and those of controls by
docs/control_pages.py; any other page there is deleted. The schemas in schemas/ are what `policyscan schema`
prints, for editors.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import functions
import outlook_schema
import reference
from policyscan.kinds.kinds import BUILT_IN
from policyscan.session.schemas import DEFAULTS, schema_text

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "src" / "policyscan" / "schemas"
BLOCK = re.compile(
    r"(?P<head>^<!-- generated: in (?P<folder>\S+) -->\n```\w*\n)(?P<body>.*?)(?P<tail>^```$)",
    re.MULTILINE | re.DOTALL,
)


def documents() -> list[Path]:
    """The files that may hold generated blocks."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def environment() -> dict[str, str]:
    """The least that a command needs, the same everywhere: this environment's tools, 100 columns, UTC."""
    kept = ("HOME", "LOCALAPPDATA", "POLICYSCAN_CACHE_DIR", "SYSTEMROOT", "TEMP", "TMPDIR", "XDG_STATE_HOME")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    fixed = {"PATH": path, "COLUMNS": "100", "TZ": "UTC", "PYTHONUTF8": "1"}
    return {name: os.environ[name] for name in kept if name in os.environ} | fixed


def output(command: str, folder: Path) -> str:
    """What a command prints, on both streams, as a person sees it; any exit code will do."""
    words = shlex.split(command)
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment(),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
    )
    if "Traceback (most recent call last)" in done.stdout:
        sys.exit(f"`{command}` crashed:\n{done.stdout}")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "".join(f"{line}\n" for line in lines)


def rendered(text: str) -> str:
    """The document with every generated block written anew."""
    with tempfile.TemporaryDirectory() as empty:

        def replace(match: re.Match[str]) -> str:
            folder = Path(empty) if match["folder"] == "nothing" else ROOT / match["folder"]
            commands = [line for line in match["body"].splitlines() if line.startswith("$ ")]
            body = "\n".join(f"{line}\n{output(line[2:], folder)}" for line in commands)
            return match["head"] + body + match["tail"]

        return BLOCK.sub(replace, text)


def stale() -> Iterator[tuple[Path, str, str]]:
    """The documents that are out of date: their path, their text, and what it should be or nothing."""
    for path in documents():
        text = path.read_text(encoding="utf-8")
        fresh = rendered(text)
        if functions.BEGIN in fresh:
            fresh = functions.renewed(fresh)
        if fresh != text:
            yield path, text, fresh
    pages = reference.pages()
    for path, fresh in pages.items():
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if fresh != text:
            yield path, text, fresh
    for kind in (*BUILT_IN, DEFAULTS):  # for editors, which take a blank for null
        path, fresh = ROOT / "schemas" / f"{kind}.schema.json", schema_text(kind)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if fresh != text:
            yield path, text, fresh
    path, text = SCHEMAS / "due.schema.json", (SCHEMAS / "due.schema.json").read_text(encoding="utf-8")
    fresh = outlook_schema.renewed(text, (SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))
    if fresh != text:
        yield path, text, fresh
    for path in sorted(set(reference.FOLDER.rglob("*.md")) - set(pages)):
        yield path, path.read_text(encoding="utf-8"), ""


def main() -> int:
    check = sys.argv[1:] == ["--check"]
    found = 0
    for path, text, fresh in stale():
        found += 1
        name = str(path.relative_to(ROOT))
        if check:
            sys.stdout.writelines(
                difflib.unified_diff(
                    text.splitlines(keepends=True),
                    fresh.splitlines(keepends=True),
                    name,
                    f"{name}, generated now",
                )
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            if fresh:
                path.write_text(fresh, encoding="utf-8")
            else:
                path.unlink()
            print(f"{'wrote' if fresh else 'deleted'} {name}")
    if check and found:
        print("Run `make generate` and look at what changed.")
    return int(check and found > 0)


if __name__ == "__main__":
    sys.exit(main())
