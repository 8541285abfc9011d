"""Which files a change is about: those of a pull request or push that a job of GitHub Actions runs for.

In: the environment. Out: names of files as people see them; none where nothing tells.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from policyscan.errors import UsageError
from policyscan.files.revision import ask, top_of

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def changed_files(environment: Mapping[str, str]) -> frozenset[str]:
    """The files that differ between what a job checks out and what its event began from.

    Git is asked, which may be missing or have too little of the history: then nothing is known.
    """
    base = base_of_event(environment)
    if base is None:
        return frozenset()
    try:
        top = top_of(".")
        names = ask(".", "diff-tree", "-r", "-z", "--no-renames", "--name-only", base, "HEAD")
    except UsageError:
        return frozenset()
    paths = (os.path.relpath(os.path.join(top, os.fsdecode(name))) for name in names.split(b"\0") if name)
    return frozenset(path.replace(os.sep, "/") for path in paths)


def base_of_event(environment: Mapping[str, str]) -> str | None:
    """The commit that a job's event began from: of a pull request its base, of a push what was there before;
    None outside of such a job."""
    path = environment.get("GITHUB_EVENT_PATH", "")
    try:
        with open(path, encoding="utf-8") as file:
            event: Any = json.load(file)
        base = event["pull_request"]["base"]["sha"] if "pull_request" in event else event["before"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return base if isinstance(base, str) and _COMMIT.fullmatch(base) else None
