"""What every test stands on: an environment that says nothing, and property tests that repeat."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# Examples are drawn anew each run on a developer's machine and are fixed where CI says CI=true, so
# that a red build is red for its change. No deadlines: the machine may be busy with something else.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# What makes policyscan or click speak differently on one machine than on another.
SCRUBBED = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "TZ", "SOURCE_DATE_EPOCH")
PREFIXES = ("GITHUB_", "GITLAB_", "POLICYSCAN_", "GIT_")


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for checked policies that these tests share, instead of the user's."""
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, cache: str) -> None:
    for name in list(os.environ):
        if name in SCRUBBED or name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("POLICYSCAN_CACHE_DIR", cache)
    monkeypatch.setenv("XDG_STATE_HOME", f"{cache}-state")
