"""Write a realistic fleet: copies of the shipped clients, each with an id of its own, beside the providers
that they refer to.

    python benchmarks/fleet.py 1000 /tmp/fleet

gives /tmp/fleet/inventories/clients/*.yaml, in turns of every size of client that is shipped, from one page
to a household of machines (about 10 KB on average), and /tmp/fleet/inventories/providers/. They were true on
2026-10-31; scanned as of DAY, which is months later, much of what they say is stale and a client has some 20
findings, as those have whose facts nobody keeps up. The same N gives the same bytes.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

SHIPPED = Path(__file__).resolve().parent.parent / "inventories"
DAY = "2027-03-31"
"""As of when a fleet is scanned."""
_ID = re.compile(r"(?m)^(organisation:(?:\s*#.*)?\n(?:\s+.*\n)*?\s+id:\s*)([\w-]+)")


def write(number: int, folder: Path) -> None:
    """Write a fleet of so many clients into a folder, anew."""
    inventories = folder / "inventories"
    shutil.rmtree(inventories, ignore_errors=True)
    for shared in ("providers", "plans"):
        shutil.copytree(SHIPPED / shared, inventories / shared)
    clients = inventories / "clients"
    clients.mkdir()
    shipped = sorted((SHIPPED / "clients").iterdir())
    for n in range(number):
        path = shipped[n % len(shipped)]
        head = path / "client.yaml" if path.is_dir() else path
        name, text = renamed(head.read_text(encoding="utf-8"), n)
        if path.is_dir():
            shutil.copytree(path, clients / name)
        (clients / name / head.name if path.is_dir() else clients / f"{name}.yaml").write_text(
            text, encoding="utf-8", newline=""
        )


def renamed(text: str, number: int) -> tuple[str, str]:
    """A client's new id, and its text with this id."""
    found = _ID.search(text)
    if found is None:
        raise SystemExit("a shipped client has no organisation with an id")
    name = f"{found[2]}-{number:05d}"
    return name, f"{text[: found.start(2)]}{name}{text[found.end(2) :]}"


def main() -> None:
    """Writes the fleet that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("number", type=int, help="how many clients")
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    write(given.number, given.folder)


if __name__ == "__main__":
    main()
