"""A run in which too much is skipped is not green, and says what was skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
CONFTEST = (ROOT / "tests/conftest.py").read_text(encoding="utf-8")
TESTS = """
import pytest

@pytest.mark.skipif(True, reason="no tool")
@pytest.mark.parametrize("n", [1, 2])
def test_marked(n): pass

def test_called(): pytest.skip("no file")

def test_runs(): assert {holds}
"""


@pytest.fixture(autouse=True)
def _examples_as_before() -> Iterator[None]:
    """The conftest that runs here chooses anew how examples are drawn, for the tests that follow, too."""
    chosen = settings.get_current_profile_name()
    yield
    settings.load_profile(chosen)


@pytest.mark.parametrize("processes", [(), ("-n", "1")], ids=["one process", "several"])
@pytest.mark.parametrize(
    ("most", "holds", "code"),
    [(0, True, 1), (2, True, 1), (3, True, 0), (9, True, 0), (9, False, 1), (None, True, 0)],
)
def test_a_run_fails_where_more_is_skipped_than_may_be(
    pytester: pytest.Pytester, most: int | None, holds: bool, code: int, processes: tuple[str, ...]
) -> None:
    pytester.makeini(f"[pytest]\npythonpath = {ROOT}\n")  # what the conftest stands on lies beside it
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS.format(holds=holds))
    options = () if most is None else (f"--most-skips={most}",)
    # Nothing here is about the process that pytest itself is; the tests of several are run in another anyway.
    ran = pytester.runpytest_inprocess("-p", "no:cacheprovider", *options, *processes)
    assert ran.ret == code
    said = ran.stdout.str()
    assert ("skipped tests" in said) is (most is not None)
    if most is not None:
        assert f"3 skipped; at most {most} may be" in said
        assert "2 × no tool" in said
        assert "1 × no file" in said
    assert ("this run fails" in said) is (most is not None and most < 3)
    assert "3 skipped" in ran.outlines[-1]  # pytest's closing line stays the last one


def test_ci_states_how_many_may_be_skipped() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "--most-skips 1" in script
