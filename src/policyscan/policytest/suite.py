"""All tests of some packs, policy by policy, and what they show of each.

In: folders of packs, and the names of the policies to test. Out: a `PolicyRun` for each policy as its
cases have run, and the sum of them with its exit code. Nothing is printed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from policyscan.cel.spelling import did_you_mean
from policyscan.config import Config
from policyscan.errors import ConfigError, DocumentError, PolicyError, PolicyscanError, Problems
from policyscan.kinds.kinds import Kinds
from policyscan.policies.loading import load_pack
from policyscan.policies.pack import TEST_SUFFIX, Pack, path_of
from policyscan.policies.policy import Policy
from policyscan.policies.survey import judge_test, test_of, tests_in
from policyscan.policies.variants import Variants
from policyscan.policytest.cases import read_tests
from policyscan.policytest.runner import CaseOutcome, run
from policyscan.records import NamedTuple
from policyscan.session.options import StrPath
from policyscan.session.questionnaires import questionnaire_problems
from policyscan.session.workspace import configure, load_kinds, pack_folders, shown_path

_ALWAYS = ("pass", "fail", "unknown")


class PolicyRun(NamedTuple):
    """What the cases of one policy gave, the statuses that they showed, and those that are lacking.

    `problems` say why there are no outcomes, or what is wrong with test files that belong to no policy.
    """

    policy: str
    outcomes: Sequence[CaseOutcome] = ()
    seen: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    problems: Sequence[PolicyscanError] = ()
    untested: bool = False


class Tally:
    """The sum of what has been run so far."""

    def __init__(self) -> None:
        self.policies = 0
        self.cases = 0
        self.failed = 0
        self.broken = 0
        self.unseen: list[PolicyRun] = []
        self.untested: list[str] = []

    def add(self, tested: PolicyRun) -> None:
        """Counts the cases of one policy."""
        self.broken += len(tested.problems)
        if tested.untested:
            self.untested.append(tested.policy)
        elif not tested.problems:
            self.policies += 1
            self.cases += len(tested.outcomes)
            self.failed += sum(bool(outcome.differences) for outcome in tested.outcomes)
            self.unseen.extend([tested] if tested.lacking else [])

    def raise_for_nothing(self) -> None:
        """ConfigError if no case was run and nothing says why: that is not the same as all holding."""
        if not self.cases and not self.broken:
            raise ConfigError("there is no test to run", hint="tests are files like PATCH/PATCH-01.test.yaml")

    @property
    def complete(self) -> bool:
        """Whether every case holds and every policy was seen from every side."""
        return not (self.unseen or self.untested or self.broken or self.failed)

    @property
    def exit_code(self) -> int:
        """2 if a policy or a test file is broken, 1 if a case does not hold, else 0."""
        return 2 if self.broken else 1 if self.failed else 0


def run_tests(
    folders: Sequence[StrPath], config: StrPath | None, select: Sequence[str] = ()
) -> Iterator[PolicyRun]:
    """Runs the tests of the packs in some folders, by default those of the configuration, one by one.

    Raises Problems for a broken pack, ConfigError for a name that fits nothing.
    """
    settings = configure((), config)
    kinds = load_kinds(settings)
    packs = [_load(folder, kinds) for folder in folders or pack_folders(settings, ())]
    _check_questionnaires(packs, settings, kinds)
    _check_names(select, packs)
    for pack in packs:
        yield from _test_pack(pack, kinds, select)


def _load(folder: StrPath, kinds: Kinds) -> Pack:
    pack, problems = load_pack(folder, kinds, shown=shown_path(folder))
    if problems or pack is None:
        raise Problems(problems)
    return pack


def _check_questionnaires(packs: Sequence[Pack], settings: Config, kinds: Kinds) -> None:
    """What they name has to be there, in these packs or in those of the settings."""
    if all(pack.files is None or not pack.files.questionnaires for pack in packs):
        return
    here = {os.path.realpath(pack.folder) for pack in packs}
    others = [folder for folder in pack_folders(settings, ()) if os.path.realpath(folder) not in here]
    if problems := questionnaire_problems([*(_load(folder, kinds) for folder in others), *packs]):
        raise Problems(problems)


def _check_names(names: Sequence[str], packs: Sequence[Pack]) -> None:
    """A name that fits nothing would pass for tests that hold."""
    known = {id_ for pack in packs for id_ in (*pack.policies, *pack.rules)}
    known |= {id_.rpartition("-")[0] for id_ in known}
    for name in names:
        if name not in known:
            hint = did_you_mean(name.upper(), sorted(known)) or "see `policyscan list`"
            raise ConfigError(f"--select {name}: there is no control or family {name}", hint=hint)


def _test_pack(pack: Pack, kinds: Kinds, select: Sequence[str]) -> Iterator[PolicyRun]:
    for policy in (*pack.policies.values(), *pack.rules.values()):
        if not select or policy.id in select or policy.id.rpartition("-")[0] in select:
            yield _test(policy, pack, kinds)
    if strays := _strays(pack):
        yield PolicyRun("", problems=strays)


def _test(policy: Policy, pack: Pack, kinds: Kinds) -> PolicyRun:
    path = Path(pack.folder, path_of(policy).removesuffix(".yaml") + TEST_SUFFIX)
    if not os.path.lexists(path):
        return PolicyRun(policy.id, untested=True)
    name = policy.info.file.removesuffix(".yaml") + TEST_SUFFIX
    kind = kinds[policy.info.kind]
    try:
        judge_test(pack.folder, str(path), name)
    except DocumentError as problem:
        return PolicyRun(policy.id, problems=[problem])
    tests, problems = read_tests(path, name, kind.name, kind.shape.ident)
    if tests is not None and tests.policy != policy.id:
        problems = [PolicyError(f"these are tests of {tests.policy}, not of {policy.id}", at=tests.span)]
    if problems or tests is None:
        return PolicyRun(policy.id, problems=problems)
    outcomes = run(tests, Variants(pack, kinds, policy.id), kinds)
    statuses = frozenset().union(*(outcome.statuses for outcome in outcomes))
    possible = _possible(policy)
    seen = tuple(status for status in possible if status in statuses)
    return PolicyRun(
        policy.id, outcomes, seen, tuple(status for status in possible if status not in statuses)
    )


def _possible(policy: Policy) -> tuple[str, ...]:
    """The statuses that a policy's cases should show: what it cannot be, nobody can show."""
    conditions = [policy.applies, policy.when, *(requirement.when for requirement in policy.require)]
    may_be_idle = any(conditions) or any(b.empty == "not_applicable" for b in policy.for_each)
    may_be_due = any(requirement.notice_days for requirement in policy.require)
    may_warn = any(requirement.warns for requirement in policy.require)
    idle, due = ("not_applicable",) if may_be_idle else (), ("due",) if may_be_due else ()
    return (*_ALWAYS, *idle, *due, *(("warning",) if may_warn else ()))


def _strays(pack: Pack) -> list[PolicyscanError]:
    """Test files that belong to no policy, or are not named as tests are: nobody would miss them if they
    stopped running."""
    strays: list[PolicyscanError] = []
    known = {*pack.policies, *pack.rules}
    for path in tests_in(pack.folder):
        name = path.rpartition("/")[2]
        id_ = test_of(name)
        if name == f"{id_}{TEST_SUFFIX}" and path.count("/") == 1:
            if id_ not in known:
                strays.append(PolicyError(f"{path}: there is no policy with this name beside it"))
        elif id_ in known or name.endswith(TEST_SUFFIX):
            hint = f"tests are files like PATCH/PATCH-01{TEST_SUFFIX}"
            strays.append(
                PolicyError(f"{path}: this test is not run, because of its name or place", hint=hint)
            )
    return strays
