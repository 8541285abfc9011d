"""From the files of a pack to checked policies, or to everything that is wrong with them.

In: a folder and the kinds. Out: a `Pack` and problems; policies with other parameters; the environment in
which a policy is checked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from policyscan import cel
from policyscan.cel import types
from policyscan.cel.registry import is_function
from policyscan.errors import ConfigError, DocumentError, PolicyError, PolicyscanError
from policyscan.findings import RULE_FAMILY, PolicyInfo
from policyscan.policies import definitions, host
from policyscan.policies.alignment import place_in_scalar
from policyscan.policies.checking import PolicyChecker
from policyscan.policies.files import ALSO, Amended, Aside, PolicyFile, parse
from policyscan.policies.pack import Overrides, Pack, Profile, Written, asked_of_evidence, least, path_of
from policyscan.policies.survey import ABOUT, DEFINITIONS, RULES, PackFiles, survey
from policyscan.reading.text import Content, cannot_read, read_content
from policyscan.source import Span

if TYPE_CHECKING:
    from policyscan.kinds.kinds import Kinds
    from policyscan.policies.policy import Policy

RESERVED_FAMILY = "DOC"
SOURCES = "sources"


def load_pack(
    folder: str | os.PathLike[str],
    kinds: Kinds,
    *,
    shown: str | None = None,
    overrides: Overrides | None = None,
    files: PackFiles | None = None,
) -> tuple[Pack | None, list[PolicyscanError]]:
    """Reads and checks every file of a pack; all problems of all files come back together.

    `files` are those of the folder where they have been read already.
    """
    path = Path(folder)
    loader = _Loader(path, shown if shown is not None else path.name, kinds, overrides or {})
    pack = loader.load(files)
    return pack, loader.problems


def with_parameters(
    pack: Pack, kinds: Kinds, id_: str, parameters: Mapping[str, Any]
) -> tuple[Policy | None, list[PolicyscanError]]:
    """One policy or rule of a sound pack, checked anew with these values for its parameters, the others at
    their defaults; None and what is wrong where they do not fit. The pack's other files are not read again.
    """
    policy = pack.rules[id_] if id_ in pack.rules else pack.policies[id_]
    path = path_of(policy)
    shown = policy.info.file.removesuffix(path).removesuffix("/")
    loader = _Loader(Path(pack.folder), shown, kinds, {id_: parameters}, pack.written, titles_of(policy))
    return loader.reload(path, pack.policies), loader.problems


def with_acceptance(
    pack: Pack, kinds: Kinds, id_: str, parameters: Mapping[str, Any], wanted: Callable[[str], bool],
    expression: str,
) -> tuple[Policy | None, list[PolicyscanError]]:  # fmt: skip
    """One policy of a sound pack, those of whose requirements that are `wanted`, by id, are also met where an
    expression is true; None and what is wrong where that does not fit in. The places of what is wrong are in
    the policy's file, where nobody wrote the expression.
    """
    policy = pack.policies[id_]
    path = path_of(policy)
    loader = _Loader(Path(pack.folder), path, kinds, {id_: parameters}, pack.written, titles_of(policy))
    loader.amended = lambda file: Amended(file, wanted, expression)
    return loader.reload(path, pack.policies), loader.problems


def titles_of(policy: Policy) -> Mapping[str, str]:
    """The titles of the sources that a policy quotes, as its pack gave them."""
    return {quote.document: quote.title for quote in policy.info.quotes if quote.title}


class _Loader:
    """Loads one pack, or one policy of it, collecting problems."""

    def __init__(
        self,
        folder: Path,
        shown: str,
        kinds: Kinds,
        overrides: Overrides,
        written: tuple[Written, ...] = (),
        titles: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        self.shown = shown
        self.kinds = kinds
        self.overrides = overrides
        self.problems: list[PolicyscanError] = []
        self._uses: dict[tuple[str, str], Span] = {}
        self._asked: dict[tuple[str, str], frozenset[str]] = {}  # the kinds of what is asked
        self._aliases: list[tuple[str, Span]] = []
        self._replacements: list[tuple[str, str, str | None, Span]] = []  # id, status, replaced_by, place
        self.written = written
        self._titles = titles
        self._environments: dict[str, tuple[cel.Definition, ...]] = {}
        self.amended: Callable[[PolicyFile], PolicyFile] | None = None
        """Makes of a policy's file the one that is meant."""

    def load(self, files: PackFiles | None) -> Pack | None:
        # Path.is_dir stops at a name that is too long.
        if not os.path.isdir(self.folder):  # noqa: PTH112
            message = f"{self.shown}: no such folder of policies"
            self.problems.append(ConfigError(message, hint="name a folder that holds FAMILY/ID.yaml files"))
            return None
        try:
            files = files or survey(str(self.folder), self.shown)
        except OSError as error:
            self.problems.append(cannot_read(self.shown, error, "folder"))
            return None
        self.problems.extend(files.problems)
        about = self._shared(files, ABOUT, "pack")
        self._titles = about.value.get(SOURCES, {}) if about is not None else {}
        self.written = self._definitions(files)
        policies: dict[str, Policy] = {}
        for path in files.policies:
            policy = self._policy(files.contents[path], path)
            if policy is None:
                continue
            if policy.id in policies:
                other = policies[policy.id].info
                at = Span(policy.info.file, policy.info.line, 1, policy.info.line, 1)
                self.problems.append(
                    PolicyError(f"{policy.id} is already in {other.file}:{other.line}", at=at)
                )
                continue
            policies[policy.id] = policy
        rules = [self._policy(files.contents[path], path, "rule") for path in files.rules]
        self.problems.extend(files.strangers())
        if not policies and not rules and not files.questionnaires and not self.problems:
            hint = "policies are files like PATCH/PATCH-01.yaml in it"
            self.problems.append(
                ConfigError(f"{self.shown}: there are no policies in this folder", hint=hint)
            )
        for policy in policies.values():
            self._check_uses(policy, policies)
        self._check_aliases(policies)
        self._check_replacements(policies)
        self._check_questionnaires(files, policies)
        self._check_sources(about, [*policies.values(), *rules])
        profiles = self._profiles(about, policies)
        content = about.value if about else {}
        return Pack(
            name=content.get("name", self.folder.name),
            version=content.get("version", ""),
            folder=str(self.folder),
            profiles=profiles,
            default_profile=content.get("default_profile", ""),
            policies=dict(sorted(policies.items())),
            aliases={alias: policy.id for policy in policies.values() for alias in policy.aliases},
            previews=frozenset(policy.id for policy in policies.values() if policy.status == "preview"),
            written=self.written,
            files=files,
            rules={rule.id: rule for rule in rules if rule is not None},
        )

    def reload(self, path: str, policies: Mapping[str, Policy]) -> Policy | None:
        """One policy among the others of its pack, which are sound; its path is relative to the folder."""
        name = f"{self.shown}/{path}" if self.shown else path
        try:
            schema = "rule" if path.startswith(f"{RULES}/") else "policy"
            policy = self._policy(read_content(self.folder / path, name), path, schema)
        except DocumentError as problem:
            self.problems.append(problem)
            return None
        if policy is not None:
            self._check_uses(policy, policies)
        return None if self.problems else policy

    def _parse(self, content: Content, schema: str) -> PolicyFile | None:
        file, problems = parse(content, schema)
        self.problems.extend(problems)
        return file

    # --- one policy

    def _policy(self, content: Content, path: str, schema: str = "policy") -> Policy | None:
        file = self._parse(content, schema)
        if file is None:
            return None
        if self.amended is not None:
            file = self.amended(file)
        id_ = file.value["id"]
        if not self._placed(PurePosixPath(path), file, id_):
            return None
        overrides = self.overrides.get(id_, {})
        checker = PolicyChecker(
            file, self._env_maker(file), overrides, self._members, self.kinds.types.sections
        )
        policy = checker.policy()
        self.problems.extend(checker.problems)
        if policy is not None:
            policy = policy._replace(info=self._titled(policy.info))
        if ALSO in file.value:
            policy = self._with_another_kind(policy, file, overrides)
        for i, used in enumerate(file.value.get("uses", ())):
            self._uses[id_, used] = file.span(("uses", i))
            self._asked[id_, used] = frozenset(checker.asked.get(used, ()))
        for i, alias in enumerate(file.value.get("aliases", ())):
            self._aliases.append((alias, file.span(("aliases", i))))
        status, instead = file.value.get("status", "stable"), file.value.get("replaced_by")
        at = file.span(("status",) if instead is None else ("replaced_by",))
        self._replacements.append((id_, status, instead, at))
        return policy

    def _titled(self, info: PolicyInfo) -> PolicyInfo:
        """What is said of a policy, with the titles that its pack gives to the sources of quotes."""
        quotes = (quote._replace(title=self._titles.get(quote.document, "")) for quote in info.quotes)
        return info._replace(quotes=tuple(quotes))

    def _with_another_kind(
        self, policy: Policy | None, file: PolicyFile, overrides: Mapping[str, Any]
    ) -> Policy | None:
        """A policy with what it asks of inventories of another kind; None where that is wrong."""
        kind = file.value[ALSO]["kind"]
        if kind == file.value["kind"]:
            message = f"`also:` is for another kind than {kind!r}"
            self.problems.append(PolicyError(message, at=file.span((ALSO, "kind"))))
            return None
        aside = Aside(file)
        checker = PolicyChecker(
            aside, self._env_maker(aside), overrides, self._members, self.kinds.types.sections
        )
        also = checker.policy()
        known = {str(problem) for problem in self.problems}  # parameters are the same
        self.problems.extend(problem for problem in checker.problems if str(problem) not in known)
        return policy._replace(also=also) if policy is not None and also is not None else None

    def _placed(self, path: PurePosixPath, file: PolicyFile, id_: str) -> bool:
        family = id_.rpartition("-")[0]
        is_rule = path.parent.name == RULES
        folder = RULES if is_rule or family == RULE_FAMILY else family
        if family == RESERVED_FAMILY:
            message = f"ids of the family {RESERVED_FAMILY} are kept for the checks of documents themselves"
        elif path.stem != id_:
            message = f"the id {id_!r} is not the file's name, {path.name!r}"
        elif is_rule and family != RULE_FAMILY:
            message = f"the id of a rule of consistency begins with {RULE_FAMILY}-, not {family}-"
        elif path.parent.name != folder:
            message = f"{path.name!r} belongs into the folder {folder!r}, not {path.parent.name!r}"
        else:
            return True
        hint = f"a {'rule' if folder == RULES else 'policy'} is found as {folder}/{id_}.yaml"
        if is_rule and family != RULE_FAMILY:
            hint = f"call it {RULE_FAMILY}-{id_.rpartition('-')[2]}, in {RULES}/ as well"
        self.problems.append(PolicyError(message, at=file.span(("id",)), hint=hint))
        return False

    def _env_maker(self, file: PolicyFile) -> Any:
        def make(kind: str, constants: Mapping[str, tuple[types.Type, Any]]) -> cel.Env | None:
            if kind not in self.kinds:
                names = ", ".join(self.kinds.names)
                at = file.span(("kind",))
                self.problems.append(
                    PolicyError(f"there is no kind {kind!r}", at=at, hint=f"kinds are: {names}")
                )
                return None
            return _environment(self.kinds[kind].type, kind, self._functions(kind), constants)

        return make

    def _members(self, kind: str) -> set[str]:
        """The kinds of which documents of a kind have members."""
        return set(self.kinds[kind].members.values()) if kind in self.kinds else set()

    # --- what policies share

    def _shared(self, files: PackFiles, path: str, schema: str) -> PolicyFile | None:
        content = files.contents.get(path)
        return None if content is None else self._parse(content, schema)

    def _definitions(self, files: PackFiles) -> tuple[Written, ...]:
        file = self._shared(files, DEFINITIONS, "definitions")
        if file is None:
            return ()
        written = tuple(
            Written(
                name,
                tuple(function.get("takes", {}).items()),
                function["returns"],
                function["value"],
                function.get("description", ""),
            )
            for name, function in file.value.get("functions", {}).items()
        )
        self._check_definitions(file, written)
        return written

    def _check_definitions(self, file: PolicyFile, written: tuple[Written, ...]) -> None:
        """Each definition must fit at least one kind, and hold in every kind that it fits."""
        fits: set[str] = set()
        bad: set[str] = set()
        for one in written:
            if is_function(one.name) or one.name in host.NAMES:
                message = f"{one.name}() is a function of the language: a definition must not replace it"
                at = file.span(("functions", one.name))
                self.problems.append(PolicyError(message, at=at, hint="give it another name"))
        for kind in self.kinds:
            made = definitions.for_kind(written, definitions.named_types(kind.type))
            fits.update(definition.name for definition in made)
            env = cel.Env(functions=made, host=host.FUNCTIONS)
            for function in made:
                if function.name in bad:
                    continue
                try:
                    env.check_definition(function)
                except cel.CelErrors as errors:
                    bad.add(function.name)
                    for error in errors.errors:
                        self._definition_problem(file, function, error, kind.name)
        for definition in written:
            if definition.name not in fits:
                self._unfit(file, definition)

    def _definition_problem(
        self, file: PolicyFile, function: cel.Definition, error: cel.CelError, kind: str
    ) -> None:
        path = ("functions", function.name, "value")
        at = place_in_scalar(file.source, file.span(path), file.at(path), error.start, error.end)
        hints = [hint for hint in (error.hint, self._of_several(function, kind)) if hint]
        self.problems.append(PolicyError(error.message, at=at, hint="; ".join(hints) or None))

    def _of_several(self, function: cel.Definition, kind: str) -> str | None:
        """Of which kind the objects are that a definition takes, where several kinds call theirs so."""
        for _, taken in function.params:
            members = taken.members if isinstance(taken, types.Union) else (taken,)
            names = {member.name for member in members if isinstance(member, types.ObjectType)}
            every = [one for one in self.kinds if names & definitions.named_types(one.type).keys()]
            if len(names) != 1 or len(every) < 2:
                continue
            if len(members) == 1:
                return f"this is so where {taken} is that of {kind}"
            owners = definitions.owners(taken, ((one.name, one.type) for one in every))
            return f"{taken} may be that of {' or that of '.join(owners)}, and both must fit"
        return None

    def _unfit(self, file: PolicyFile, definition: Written) -> None:
        hint = f"types are {', '.join(definitions.SCALARS)}, list(T), T? and names of a kind's schema"
        at = file.span(("functions", definition.name))
        message = f"no kind has all the types that {definition.name!r} names"
        self.problems.append(PolicyError(message, at=at, hint=hint))

    def _functions(self, kind: str) -> tuple[cel.Definition, ...]:
        if kind not in self._environments:
            named = definitions.named_types(self.kinds[kind].type)
            self._environments[kind] = definitions.for_kind(self.written, named)
        return self._environments[kind]

    def _check_uses(self, policy: Policy, policies: Mapping[str, Policy]) -> None:
        """`uses` must name policies about what is asked, and never lead back to itself."""
        for used in policy.uses:
            other = policies.get(used)
            if other is None:
                if not self._broken(used):
                    self._bad_use(policy, used, "which is not in this pack")
            elif asked := self._asked[policy.id, used] - {other.info.kind}:
                why = f"which is about another kind, {other.info.kind}, not {' or '.join(sorted(asked))}"
                self._bad_use(policy, used, why)
            elif other.tables and any(item.notice_days for item in policy.require):
                self._bad_use(policy, used, "which knows its members for now alone: `notice:` asks ahead")
        cycle = _cycle(policy.id, policies)
        if cycle:
            message = f"`uses` leads back to this policy: {' → '.join(cycle)}"
            self.problems.append(PolicyError(message, at=self._uses[policy.id, cycle[1]]))

    def _check_aliases(self, policies: Mapping[str, Policy]) -> None:
        """An earlier id leads to one policy only, or a waiver would cover what it was not approved for."""
        seen = set(policies)
        for alias, at in self._aliases:
            if alias in seen:
                message = f"the alias {alias} is already the id or an alias of a policy"
                self.problems.append(PolicyError(message, at=at, hint="ids are never used again"))
            seen.add(alias)

    def _check_replacements(self, policies: Mapping[str, Policy]) -> None:
        """A policy that is deprecated says which other one to use, and no other policy does."""
        for id_, status, instead, at in self._replacements:
            hint: str | None = f"name the policy to use instead of {id_}"
            if status == "deprecated" and instead is None:
                message = "a deprecated policy needs `replaced_by:`"
            elif instead is None:
                continue
            elif status != "deprecated":
                message, hint = "`replaced_by:` is for a policy with `status: deprecated`", None
            elif instead == id_:
                message = f"{id_} cannot be replaced by itself"
            elif instead not in policies and not self._broken(instead):
                from policyscan.cel.spelling import did_you_mean

                message = f"`replaced_by` names {instead}, which is not in this pack"
                hint = did_you_mean(instead, [other for other in policies if other != id_]) or hint
            else:
                continue
            self.problems.append(PolicyError(message, at=at, hint=hint))

    def _broken(self, id_: str) -> bool:
        """Whether a policy is there, with problems of its own that are told anyway."""
        return (self.folder / id_.rpartition("-")[0] / f"{id_}.yaml").is_file()

    def _bad_use(self, policy: Policy, used: str, why: str) -> None:
        message = f"`uses` names {used}, {why}"
        self.problems.append(PolicyError(message, at=self._uses[policy.id, used]))

    def _check_questionnaires(self, files: PackFiles, policies: Mapping[str, Policy]) -> None:
        """Each must be sound by itself, and name none of this pack's controls that is not there."""
        if not files.questionnaires:
            return
        from policyscan.policies.questionnaires import read_questionnaires, unknown_controls

        read, problems = read_questionnaires(files)
        self.problems.extend(problems)
        own = {id_.rpartition("-")[0] for id_ in policies}
        if not self.problems:
            self.problems.extend(unknown_controls(read, policies, own))

    def _check_sources(self, about: PolicyFile | None, policies: Iterable[Policy | None]) -> None:
        """A title is for a document that some policy quotes, or it is misspelt."""
        if about is None or self.problems:
            return
        quoted = {quote.document for one in policies if one is not None for quote in one.info.quotes}
        for document in self._titles:
            if document not in quoted:
                from policyscan.cel.spelling import did_you_mean

                message = f"`{SOURCES}` gives a title to {document}, which no policy of this pack quotes"
                at = about.span((SOURCES, document))
                self.problems.append(ConfigError(message, at=at, hint=did_you_mean(document, sorted(quoted))))

    # --- profiles

    def _profiles(self, about: PolicyFile | None, policies: Mapping[str, Policy]) -> dict[str, Profile]:
        if about is None:
            return {}
        written = about.value.get("profiles", {})
        default = about.value.get("default_profile")
        if default is not None and default not in written:
            hint = f"profiles are: {', '.join(sorted(written)) or 'none in this pack'}"
            message = f"there is no profile {default!r}"
            self.problems.append(ConfigError(message, at=about.span(("default_profile",)), hint=hint))
        return {
            name: made
            for name in written
            if (made := self._profile(about, name, written, policies, ())) is not None
        }

    def _profile(
        self, about: PolicyFile, name: str, written: Mapping[str, Any], policies: Mapping[str, Policy],
        above: tuple[str, ...],
    ) -> Profile | None:  # fmt: skip
        content = written[name]
        path = ("profiles", name)
        base: Profile | None = None
        if "extends" in content:
            parent = content["extends"]
            if parent not in written or parent in (*above, name):
                message = f"profile {name!r} cannot extend {parent!r}"
                self.problems.append(ConfigError(message, at=about.span((*path, "extends"))))
                return None
            base = self._profile(about, parent, written, policies, (*above, name))
        ids = content.get("policies", "all" if base is None else None)
        chosen = _merged(base, ids)
        for i, id_ in enumerate(ids if isinstance(ids, list) else ()):
            if id_ not in policies and not self.problems:
                at = about.span((*path, "policies", i))
                self.problems.append(
                    ConfigError(f"profile {name!r} names {id_}, which is not in this pack", at=at)
                )
        asked = asked_of_evidence(content.get("evidence")) or (base.evidence if base else None)
        most = least(content.get("max_taken_away"), base.max_taken_away if base else None)
        return Profile(name, content.get("description", ""), chosen, asked, most)


def environment(
    pack: Pack, kinds: Kinds, kind: str, constants: Mapping[str, tuple[types.Type, Any]]
) -> cel.Env:
    """The environment in which expressions about a kind are checked: its type, and the pack's definitions."""
    root = kinds[kind].type
    functions = definitions.for_kind(pack.written, definitions.named_types(root))
    return _environment(root, kind, functions, constants)


def _environment(
    root: types.Type, kind: str, functions: Sequence[cel.Definition],
    constants: Mapping[str, tuple[types.Type, Any]],
) -> cel.Env:  # fmt: skip
    parameters = types.ObjectType(
        "params", {name: types.Field(type_, optional=False) for name, (type_, _) in constants.items()}
    )
    values = {name: value for name, (_, value) in constants.items()}
    return cel.Env(
        variables={kind: root},
        constants={"params": (parameters, values)},
        functions=functions,
        host=host.FUNCTIONS,
    )


def _merged(base: Profile | None, ids: Any) -> tuple[str, ...] | None:
    if ids == "all" or (ids is None and (base is None or base.policies is None)):
        return None
    own = tuple(ids or ())
    return (*(base.policies or ()), *own) if base else own


def _cycle(start: str, policies: Mapping[str, Policy]) -> tuple[str, ...]:
    """The ids on a way along `uses` from a policy back to itself."""
    pending: list[tuple[str, tuple[str, ...]]] = [(start, (start,))]
    seen: set[str] = set()
    while pending:
        id_, way = pending.pop()
        for used in policies[id_].uses if id_ in policies else ():
            if used == start:
                return (*way, start)
            if used not in seen:
                seen.add(used)
                pending.append((used, (*way, used)))
    return ()
