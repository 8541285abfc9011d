"""What `init` writes beside inventories: a pack of policies of one's own, and what belongs around them.

In: a name, or a folder. Out: the paths of the new files; UsageError where none can be made, and nothing is
ever overwritten.
"""

from __future__ import annotations

from pathlib import Path

from policyscan.errors import UsageError
from policyscan.kinds.kinds import BUILT_IN
from policyscan.session.schemas import DEFAULTS, schema_text
from policyscan.session.starting import TEMPLATES, check_id, create, schema_file

_REPOSITORY = {
    "policyscan.yaml": "policyscan.yaml",
    "pre-commit.yaml": ".pre-commit-config.yaml",
    "workflow.yaml": ".github/workflows/policyscan.yml",
    "gitignore.txt": ".gitignore",
    "codeowners.txt": ".github/CODEOWNERS",
}
"""The files around inventories: the template of each, and where it goes."""


def write_pack(name: str, output: Path | None = None) -> list[Path]:
    """Writes a pack with one control and its tests, and says where."""
    check_id(name)
    folder = output or Path(name)
    if folder.exists():
        raise UsageError(
            f"{folder} is there already", hint="choose another name, or write the control by hand"
        )
    made = []
    for file in sorted((TEMPLATES / "pack").rglob("*.yaml")):
        path = folder / file.relative_to(TEMPLATES / "pack")
        create(path, file.read_text(encoding="utf-8").replace("NAME", name))
        made.append(path)
    return made


def write_repository(folder: Path, time_zone: str | None = None) -> tuple[list[Path], list[Path]]:
    """Writes what belongs around inventories: settings, hooks, a workflow, what git ignores, who agrees, and
    schemas by which editors complete and explain keys.

    Says which files are new, and which were there and were left as they are.
    """
    new, kept = [], []
    for template, place in _REPOSITORY.items():
        path = folder / place
        if path.exists():
            kept.append(path)
            continue
        text = (TEMPLATES / "repository" / template).read_text(encoding="utf-8")
        create(path, text.replace("ZONE", time_zone or "UTC"))
        new.append(path)
    for kind in (*BUILT_IN, DEFAULTS):
        path = schema_file(folder, kind)
        if path.exists():
            kept.append(path)
        else:
            create(path, schema_text(kind))
            new.append(path)
    return new, kept
