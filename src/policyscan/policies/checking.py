"""A policy file's content, already of the right shape, to a `Policy`: every expression checked.

In: a `PolicyFile`, the kinds and the definitions of its pack. Out: a `Policy`, or every problem at its
place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from policyscan import cel
from policyscan.cel import types
from policyscan.errors import PolicyscanError
from policyscan.findings import PolicyInfo, Quote, Severity, Status
from policyscan.policies.asking import Asking
from policyscan.policies.complaints import Complaints
from policyscan.policies.declaring import Declared, days, declare, evidence_rule
from policyscan.policies.expressions import TELLS, VARIABLE, Expressions, Role
from policyscan.policies.files import ALSO, Path, PolicyFile
from policyscan.policies.policy import Binding, Code, Dispute, Need, Policy, Requirement
from policyscan.policies.projecting import EnvMaker, Projecting
from policyscan.policies.reads import ENTRY, SUBJECTS, Part, PartReads, SectionsOf

_ENTRY = Role(ENTRY)


class PolicyChecker:
    """Checks one policy file; every problem it meets is kept in `problems` with its place."""

    def __init__(
        self, file: PolicyFile, make_env: EnvMaker, overrides: Mapping[str, Any],
        members: Callable[[str], Collection[str]], sections_of: SectionsOf,
    ) -> None:  # fmt: skip
        """`overrides` are parameters as configured, `members` tells the kinds of which documents of a kind
        have members, `sections_of` the parts of inventories that reads are about."""
        self.file = file
        self.content = file.value
        self.make_env = make_env
        self.overrides = overrides
        self.members = members
        self.complaints = Complaints(file)
        self.asking = Asking(self.complaints)
        self.reads = PartReads(self.asking.uses, sections_of)
        self.expressions = Expressions(self.complaints, self.reads, self.asking)

    @property
    def problems(self) -> list[PolicyscanError]:
        """What is wrong with the file, and with the parameters as configured."""
        return self.complaints.problems

    @property
    def asked(self) -> Mapping[str, Collection[str]]:
        """The controls that the policy asks for, each with the kinds of the inventories of which it does."""
        return self.asking.asked

    def policy(self) -> Policy | None:
        """The checked policy, or None where there are problems."""
        declared = declare(self.complaints, self.overrides)
        env = self.make_env(self.content["kind"], declared.constants)
        if env is None:
            return None
        policy = self._checked(env, declared)
        self.expressions.check_absences()
        self.asking.check_uses()
        return None if self.problems else policy

    # --- the parts of a policy

    def _checked(self, env: cel.Env, declared: Declared) -> Policy:
        content, root = self.content, self.content["kind"]
        code = self.expressions.code
        self.reads.root = env.variables[root]
        projecting = Projecting(self.expressions, self.make_env, declared.constants, self.members(root))
        tables, env = projecting.tables(env)
        names: tuple[str, ...] = (root, *content.get("project", ()))
        applies = code(env, names, ("applies",), _ENTRY, types.BOOL)
        bindings, env, names = self._for_each(env, names)
        key = code(env, names, ("key",), _ENTRY, types.STRING)
        self._check_keys(bindings, key)
        env = self._variables(env, names)
        notice = days(self.complaints, declared, content.get("notice"), ("notice",))
        when = code(env, names, ("when",), _ENTRY, types.BOOL)
        needs = self._needs(env, names, ("needs",), _ENTRY)
        numbers = range(len(content["require"]))
        return Policy(
            info=self._info(),
            root=root,
            status=content.get("status", "stable"),
            replaced_by=content.get("replaced_by"),
            aliases=tuple(content.get("aliases", ())),
            parameters=dict(declared.values),
            shown_parameters={name: cel.to_json(value) for name, value in declared.values.items()},
            declared=tuple(declared.parameters.values()),
            applies=applies,
            for_each=bindings,
            key=key,
            when=when,
            not_applicable=content.get("not_applicable"),
            needs=needs,
            require=tuple(self._requirement(env, names, i, notice, declared) for i in numbers),
            figures=self._figures(env, names),
            uses=self.asking.uses,
            absence_ok=content.get("absence_ok"),
            notice_days=notice,
            tables=tables,
            entry=self.reads.before(),
            lists=tuple(self.reads.of(part) for part in self.reads.lists),
            reads=self.reads.before(*self.reads.lists, *map(Part.requirement, numbers)),
            evidence=evidence_rule(self.complaints, declared),
            disputes=self._disputes(env, names, ("disputes",)),
        )

    def _disputes(self, env: cel.Env, names: tuple[str, ...], path: Path) -> tuple[Dispute, ...]:
        """What selects the facts that a rule, or one of its requirements, puts in dispute."""
        numbers = range(len(self.file.at(path) or ()))
        made = (self.expressions.selection(env, names, (*path, i)) for i in numbers)
        return tuple(one for one in made if one is not None)

    def _info(self) -> PolicyInfo:
        content = self.content
        related = content.get("related", {})
        return PolicyInfo(
            id=content["id"],
            title=content["title"],
            severity=Severity(content["severity"]),
            kind=content["kind"],
            origin=content.get("origin", "consistency" if "disputes" in content else "local"),
            why=" ".join(content["why"].split()),
            fix=" ".join(content["fix"].split()),
            quotes=tuple(Quote(q["document"], q["text"]) for q in content.get("quotes", ())),
            related={framework: tuple(ids) for framework, ids in related.items()},
            file=self.file.name,
            line=self.file.span(("id",)).line,
            requirements=self._item_ids(),
            also=content.get(ALSO, {}).get("kind", ""),
            fixes={
                item["id"]: " ".join(item["fix"].split())
                for item in (*content["require"], *content.get(ALSO, {}).get("require", ()))
                if "fix" in item
            },
            tags=tuple(content.get("tags", ())),
        )

    def _item_ids(self) -> tuple[str, ...]:
        """The ids of all needs and requirements; a repeated one is a problem."""
        content = self.content
        places: list[Path] = [("needs", i) for i in range(len(content.get("needs", ())))]
        for i, item in enumerate(content["require"]):
            places.append(("require", i))
            places.extend(("require", i, "needs", j) for j in range(len(item.get("needs", ()))))
        seen: list[str] = []
        for path in places:
            id_ = self.file.at(path)["id"]
            if id_ in seen:
                self.complaints.value(f"the id {id_!r} is used twice in this policy", (*path, "id"))
            seen.append(id_)
        return tuple(seen)

    def _for_each(
        self, env: cel.Env, names: tuple[str, ...]
    ) -> tuple[tuple[Binding, ...], cel.Env, tuple[str, ...]]:
        written = self.content.get("for_each")
        if written is None:
            if "as" in self.content:
                self.complaints.value("`as:` without `for_each:`", ("as",))
            return (), env, names
        path: Path = ("for_each",)
        role = Role(SUBJECTS, lists=True)
        if isinstance(written, dict):
            levels = [(name, [((*path, name), role)]) for name in written]
            return self._bindings(env, names, levels)
        lists = [(path, role)]
        if not isinstance(written, str):
            numbers = range(len(written))
            lists = [((*path, i), Role(Part.list_of_subjects(i), lists=True)) for i in numbers]
        return self._bindings(env, names, [(self.content.get("as", "item"), lists)])

    def _bindings(
        self, env: cel.Env, names: tuple[str, ...], levels: Sequence[tuple[str, Sequence[tuple[Path, Role]]]]
    ) -> tuple[tuple[Binding, ...], cel.Env, tuple[str, ...]]:
        made: list[Binding] = []
        for name, lists in levels:
            binding, element = self.expressions.binding(env, names, name, lists, self._empty(name))
            if binding is not None:
                made.append(binding)
            try:
                env = env.child(variables={name: element})
            except ValueError as error:
                self.complaints.value(str(error), lists[0][0])
            names = (*names, name)
        return tuple(made), env, names

    def _empty(self, name: str) -> str:
        written = self.content.get("empty", "not_applicable")
        return str(written.get(name, "not_applicable") if isinstance(written, dict) else written)

    def _check_keys(self, bindings: Sequence[Binding], key: Code | None) -> None:
        if key is None and any(not k for binding in bindings for k in binding.keys):
            hint = "say in `key:` what identifies a subject, for instance its name"
            self.complaints.value("the elements of this list have no identity", ("for_each",), hint)

    def _variables(self, env: cel.Env, names: tuple[str, ...]) -> cel.Env:
        for name in self.content.get("variables", {}):
            code = self.expressions.code(env, names, ("variables", name), VARIABLE)
            try:
                if code is None:
                    env = env.child(variables={name: types.DYN})
                else:
                    env = env.bind(name, code.checked)
            except ValueError as error:
                self.complaints.value(str(error), ("variables", name))
        return env

    def _needs(self, env: cel.Env, names: tuple[str, ...], path: Path, role: Role) -> tuple[Need, ...]:
        needs = []
        for i, item in enumerate(self.file.at(path) or ()):
            here = (*path, i)
            that = self.expressions.code(env, names, (*here, "that"), role, types.BOOL)
            if that is not None:
                when = self.expressions.code(env, names, (*here, "when"), role, types.BOOL)
                say = self.expressions.message(env, (*here, "say"), names)
                means = self.expressions.meaning(env, (*here, "means"))
                needs.append(Need(item["id"], that, when, say, item.get("blocks") == "pass", means))
        return tuple(needs)

    def _requirement(
        self, env: cel.Env, names: tuple[str, ...], index: int, notice: int, declared: Declared
    ) -> Requirement:
        path: Path = ("require", index)
        part = Part.requirement(index)
        item, role = self.file.at(path), Role(part)
        when = self.expressions.code(env, names, (*path, "when"), role, types.BOOL)
        needs = self._needs(env, names, (*path, "needs"), role)
        levels = [(name, [((*path, "each", name), role)]) for name in item.get("each", {})]
        each, env, names = self._bindings(env, names, levels)
        that = self.expressions.code(env, names, (*path, "that"), role, types.BOOL)
        return Requirement(
            id=item["id"],
            that=that,  # type: ignore[arg-type]  # None only beside a problem, and then no policy is made
            when=when,
            each=each,
            needs=needs,
            say=self.expressions.message(env, (*path, "say"), names, counted=True),
            severity=Severity(item.get("severity", self.content["severity"])),
            absent=Status(item.get("absent", "unknown" if "disputes" in self.content else "fail")),
            notice_days=days(self.complaints, declared, item["notice"], (*path, "notice"))
            if "notice" in item
            else notice,
            means=self.expressions.meaning(env, (*path, "means")),
            reads=self.reads.before(part),
            disputes=self._disputes(env, names, (*path, "disputes")),
            warns=item.get("warns", False),
            due=self.expressions.message(env, (*path, "due"), names, counted=True),
        )

    def _figures(self, env: cel.Env, names: tuple[str, ...]) -> tuple[tuple[str, Code], ...]:
        codes = [
            (name, self.expressions.code(env, names, ("figures", name), TELLS))
            for name in self.content.get("figures", {})
        ]
        return tuple((name, code) for name, code in codes if code is not None)
