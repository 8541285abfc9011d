"""What every test stands on: an environment that says nothing, and property tests that repeat."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Where Python may not write bytecode beside its sources, as in many containers, each of the many processes of
# a run would compile all of them anew. It goes where pytest keeps what is its own.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).resolve().parents[1] / ".pytest_cache" / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix

# Examples are drawn anew each run on a developer's machine and are fixed where CI says CI=true, so
# that a red build is red for its change. No deadlines: the machine may be busy with something else.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# What makes policyscan or click speak differently on one machine than on another.
SCRUBBED = ("CI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM", "TZ", "SOURCE_DATE_EPOCH")
PREFIXES = ("GITHUB_", "GITLAB_", "POLICYSCAN_", "GIT_")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--most-skips N`."""
    parser.addoption("--most-skips", type=int, metavar="N", help="fail if more than N tests are skipped")


def pytest_configure(config: pytest.Config) -> None:
    """What commands need of what is shipped is made once in a process; see `once`."""
    from tests.once import install  # not before it is settled where bytecode goes

    gc.set_threshold(100_000, 20, 50)
    patch = pytest.MonkeyPatch()
    install(patch)
    config.add_cleanup(patch.undo)


def pytest_collection_finish() -> None:
    """Spares the garbage collector what stays until the end: thousands of tests and their modules.

    To look through them for circles, again and again, took more than a third of a run. Nearly all that tests
    make is freed by counting references, so that the collector may come more seldom, too.
    """
    gc.collect()
    gc.freeze()


def _skipped(config: pytest.Config) -> Counter[str]:
    """How many tests were skipped for each reason; nothing in the processes that only run tests."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = () if reporter is None else reporter.stats.get("skipped", ())
    return Counter(report.longrepr[2].removeprefix("Skipped: ") for report in reports)


def _too_many(config: pytest.Config) -> bool:
    most: int | None = config.getoption("--most-skips")
    return most is not None and _skipped(config).total() > most


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turns a green run red in which more was skipped than may be."""
    if session.exitstatus == pytest.ExitCode.OK and _too_many(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says how many tests were skipped, and why, before pytest's closing line."""
    most: int | None = config.getoption("--most-skips")
    if most is None:
        return
    skipped, bad = _skipped(config), _too_many(config)
    terminalreporter.section("skipped tests", red=bad, yellow=not bad and bool(skipped))
    terminalreporter.line(f"{skipped.total()} skipped; at most {most} may be")
    for reason, count in sorted(skipped.items()):
        terminalreporter.line(f"  {count} × {reason}")
    if bad:
        terminalreporter.line("this run fails: more was skipped than may be", red=True)


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for checked policies that all tests of a run share, instead of the user's."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = str(tmp_path_factory.mktemp("cache"))
    else:
        folder = str(tmp_path_factory.getbasetemp().parent / "cache")
    from tests.once import SHARED

    SHARED.add(folder)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _plain_environment(shared_cache: str) -> Iterator[None]:
    """What the machine says is taken away once for all tests; each gives back what it sets itself."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name in SCRUBBED or name.startswith(PREFIXES):
                patch.delenv(name)
        patch.setenv("POLICYSCAN_CACHE_DIR", shared_cache)
        patch.setenv("XDG_STATE_HOME", f"{shared_cache}-state")
        yield
