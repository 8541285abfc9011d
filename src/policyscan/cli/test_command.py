"""`policyscan test`: runs the tests of policies with the scan's own engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from policyscan.cli.main import show_problems
from policyscan.cli.options import ids_in
from policyscan.cli.terminal import plural
from policyscan.errors import ConfigError, PolicyError, PolicyscanError, Problems
from policyscan.kinds.kinds import Kinds
from policyscan.output import show
from policyscan.policies.pack import TEST_SUFFIX, Pack, load_pack
from policyscan.policies.policy import Policy
from policyscan.policies.survey import test_of, tests_in
from policyscan.policies.variants import Variants
from policyscan.policytest.cases import read_tests
from policyscan.policytest.runner import Outcome, run
from policyscan.reading.suggest import did_you_mean
from policyscan.session.workspace import configure, load_kinds, pack_folders, shown_path

_ALWAYS = ("pass", "fail", "unknown")
_EVERY_SIDE = (
    "Every policy was seen passing, failing and unknown, and not applicable and due where it can be."
)


@click.command("test")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file instead of the nearest policyscan.yaml."
)
@click.option("--select", multiple=True, metavar="ID", help="Only the tests of these controls. Repeatable.")
@click.option("-v", "--verbose", is_flag=True, help="Show each case.")
def command(folders: Sequence[Path], config: Path | None, select: Sequence[str], verbose: bool) -> int:
    """Run the tests of policies: ID.test.yaml beside each ID.yaml.

    FOLDERS are packs; by default the built-in one and those of the configuration. A case gives an
    inventory and the complete list of its results: a result that it does not name fails it.

    The cases of a control should show it passing, failing and unknown, and not applicable and due where it
    can be: what they do not show is noted, and -v says for each control what they do.

    Exit codes: 0 all cases hold, 1 one does not, 2 a policy or a test file is broken.
    """
    settings = configure((), config)
    kinds = load_kinds(settings)
    chosen = list(folders) or pack_folders(settings, ())
    packs = [_load(folder, kinds) for folder in chosen]
    names = ids_in(select)
    _check_names(names, packs)
    tally = _Tally(verbose=verbose)
    for pack in packs:
        _test_pack(pack, kinds, names, tally)
    return tally.finish()


def _load(folder: Path | str, kinds: Kinds) -> Pack:
    pack, problems = load_pack(folder, kinds, shown=shown_path(folder))
    if problems or pack is None:
        raise Problems(problems)
    return pack


def _check_names(names: Sequence[str], packs: Sequence[Pack]) -> None:
    """A name that fits nothing would pass for tests that hold."""
    known = {id_ for pack in packs for id_ in pack.policies}
    known |= {id_.rpartition("-")[0] for id_ in known}
    for name in names:
        if name not in known:
            hint = did_you_mean(name.upper(), sorted(known)) or "see `policyscan list`"
            raise ConfigError(f"--select {name}: there is no control or family {name}", hint=hint)


class _Tally:
    """What has been run so far."""

    def __init__(self, *, verbose: bool) -> None:
        self.verbose = verbose
        self.policies = 0
        self.cases = 0
        self.failed = 0
        self.broken = 0
        self.unseen: list[str] = []
        self.untested: list[str] = []

    def add(self, policy: Policy, outcomes: Sequence[Outcome]) -> None:
        """Counts and shows the outcomes of one policy's cases."""
        self.policies += 1
        for outcome in outcomes:
            self.cases += 1
            self.failed += bool(outcome.differences)
            if outcome.differences:
                show(f"FAIL {policy.id}: {outcome.case}")
                for difference in outcome.differences:
                    place = f"{difference.at}: " if difference.at else ""
                    show(f"  {place}{difference.message}")
            elif self.verbose:
                show(f"ok   {policy.id}: {outcome.case}")
        seen = frozenset().union(*(outcome.statuses for outcome in outcomes))
        possible = _possible(policy)
        lacking = [status for status in possible if status not in seen]
        if lacking:
            self.unseen.append(f"{policy.id} was never seen as {_listed(lacking)}")
        if self.verbose:
            shown = _listed([status for status in possible if status in seen]) or "nothing"
            show(f"     {policy.id}: {plural(len(outcomes), 'case')}, seen as {shown}")

    def finish(self) -> int:
        """Shows the sums and returns the exit code."""
        for line in (*self.unseen, *(f"{id_} has no tests" for id_ in self.untested)):
            show(f"note: {line}")
        if not self.cases and not self.broken:
            raise ConfigError("there is no test to run", hint="tests are files like PATCH/PATCH-01.test.yaml")
        held = self.cases - self.failed
        show(
            f"{plural(self.policies, 'policy', 'policies')}, {plural(self.cases, 'case')}: "
            f"{held} passed, {self.failed} failed"
        )
        if not (self.unseen or self.untested or self.broken or self.failed):
            show(_EVERY_SIDE)
        if self.broken:
            return 2
        return 1 if self.failed else 0


def _possible(policy: Policy) -> tuple[str, ...]:
    """The statuses that a policy's cases should show: what it cannot be, nobody can show."""
    conditions = [policy.applies, policy.when, *(requirement.when for requirement in policy.require)]
    may_be_idle = any(conditions) or any(b.empty == "not_applicable" for b in policy.for_each)
    may_be_due = any(requirement.notice_days for requirement in policy.require)
    idle, due = ("not_applicable",) if may_be_idle else (), ("due",) if may_be_due else ()
    return (*_ALWAYS, *idle, *due)


def _listed(statuses: Sequence[str]) -> str:
    return ", ".join(statuses).replace("_", " ")


def _test_pack(pack: Pack, kinds: Kinds, select: Sequence[str], tally: _Tally) -> None:
    for policy in pack.policies.values():
        family = policy.id.rpartition("-")[0]
        if select and policy.id not in select and family not in select:
            continue
        path = Path(pack.folder) / family / f"{policy.id}{TEST_SUFFIX}"
        if not path.is_file():
            tally.untested.append(policy.id)
            continue
        name = policy.info.file.removesuffix(".yaml") + TEST_SUFFIX
        kind = kinds[policy.info.kind]
        tests, problems = read_tests(path, name, kind.name, kind.shape.ident)
        if tests is not None and tests.policy != policy.id:
            problems = [PolicyError(f"these are tests of {tests.policy}, not of {policy.id}", at=tests.span)]
        if problems or tests is None:
            show_problems(problems)
            tally.broken += 1
            continue
        tally.add(policy, run(tests, Variants(pack, kinds, policy.id), kinds))
    tally.broken += _strays(pack)


def _strays(pack: Pack) -> int:
    """Test files that belong to no policy, or are not named as tests are: nobody would miss them if they
    stopped running."""
    strays: list[PolicyscanError] = []
    for path in tests_in(pack.folder):
        name = path.rpartition("/")[2]
        id_ = test_of(name)
        if name == f"{id_}{TEST_SUFFIX}" and path.count("/") == 1:
            if id_ not in pack.policies:
                strays.append(PolicyError(f"{path}: there is no policy with this name beside it"))
        elif id_ in pack.policies or name.endswith(TEST_SUFFIX):
            hint = f"tests are files like PATCH/PATCH-01{TEST_SUFFIX}"
            strays.append(
                PolicyError(f"{path}: this test is not run, because of its name or place", hint=hint)
            )
    show_problems(strays)
    return len(strays)
