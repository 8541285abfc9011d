"""A policy file's content, already of the right shape, to a `Policy`: every expression checked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from policyscan import cel
from policyscan.cel import ast, types
from policyscan.errors import PolicyError, PolicyscanError, SettingError
from policyscan.findings import EvidenceRule, Grade, PolicyInfo, Quote, Severity, Status
from policyscan.policies import parameters as params
from policyscan.policies.alignment import place_in_scalar
from policyscan.policies.asking import asked_controls
from policyscan.policies.files import PolicyFile
from policyscan.policies.policy import (
    DOCUMENT,
    ELEMENT,
    KEY,
    Binding,
    Code,
    Message,
    Need,
    Parameter,
    Policy,
    Reads,
    Requirement,
    Table,
)
from policyscan.policies.templates import split
from policyscan.reading.suggest import did_you_mean

Path = tuple[str | int, ...]
EnvMaker = Callable[[str, Mapping[str, tuple[types.Type, Any]]], cel.Env | None]
SectionsOf = Callable[[Iterable[cel.Read]], Iterable[str]]

_PARAMETERS_ONLY = cel.POLICY._replace(clock=False)
_SPACES = re.compile(r"\s+")
_SCALARS = frozenset((
    types.BOOL, types.INT, types.UINT, types.DOUBLE, types.STRING, types.DATE, types.TIMESTAMP,
    types.DURATION, types.MONEY,
))  # fmt: skip

_APART = frozenset(("require", "project"))  # each requirement (a number) and table (a name) reads by itself
# What comes before all requirements; the lists of subjects in it; where there are several lists, each of
# them, for its own subjects.
_ENTRY, _EACH, _LIST = " entry", " each", " list "  # no table has such a name
_PASSES_HINT = "list every control that it may ask for under `uses:`"
_ABSENCE_HINT = "say in `absence_ok:` why a missing fact may decide here, or read the fact plainly"


class Checker:
    """Checks one policy file; every problem it meets is kept in `problems` with its place."""

    def __init__(
        self, file: PolicyFile, make_env: EnvMaker, overrides: Mapping[str, Any],
        members: Callable[[str], Collection[str]], sections_of: SectionsOf,
    ) -> None:  # fmt: skip
        """`members` tells the kinds of which documents of a kind have members, `sections_of` the parts of
        inventories that reads are about."""
        self.file = file
        self.content = file.value
        self.make_env = make_env
        self.overrides = overrides
        self.members = members
        self.sections_of = sections_of
        self.problems: list[PolicyscanError] = []
        self._absences: list[tuple[Path, str, int, int]] = []
        self.asked: dict[str, set[str]] = {}  # by control, the kinds of what is asked whether it passes
        self._about: str = file.value["kind"]
        self._read: dict[str | int, set[cel.Read]] = {}  # by requirement, table, or what comes before all
        self._root: types.Type | None = None
        self._spread: set[str | int] = set()  # lists that may read more of an inventory than their elements

    def policy(self) -> Policy | None:
        """The checked policy, or None where there are problems."""
        declared = self._parameters()
        values = self._values(declared)
        constants = {
            name: (params.TYPES[p.type], values[name]) for name, p in declared.items() if name in values
        }
        env = self.make_env(self.content["kind"], constants)
        if env is None:
            return None
        policy = self._checked(env, constants, declared, values)
        self._check_absences()
        self._check_uses()
        return None if self.problems else policy

    @property
    def reads(self) -> set[cel.Read]:
        """Every field that the policy's expressions may read, those of its messages left aside."""
        return set().union(*self._read.values())

    # --- the parts of a policy

    def _checked(
        self, env: cel.Env, constants: Mapping[str, tuple[types.Type, Any]],
        declared: Mapping[str, Parameter], values: Mapping[str, Any],
    ) -> Policy:  # fmt: skip
        content, root = self.content, self.content["kind"]
        self._root = env.variables[root]
        tables, env = self._tables(env, constants)
        names: tuple[str, ...] = (root, *content.get("project", ()))
        applies = self._code(env, names, ("applies",), types.BOOL)
        bindings, env, names = self._for_each(env, names)
        key = self._code(env, names, ("key",), types.STRING)
        self._check_keys(bindings, key)
        env = self._variables(env, names)
        notice = self._notice(content.get("notice"), ("notice",), values)
        when = self._code(env, names, ("when",), types.BOOL)
        needs = self._needs(env, names, ("needs",))
        return Policy(
            info=self._info(),
            root=root,
            status=content.get("status", "stable"),
            replaced_by=content.get("replaced_by"),
            aliases=tuple(content.get("aliases", ())),
            parameters=dict(values),
            shown_parameters={name: cel.to_json(value) for name, value in values.items()},
            declared=tuple(declared.values()),
            applies=applies,
            for_each=bindings,
            key=key,
            when=when,
            not_applicable=content.get("not_applicable"),
            needs=needs,
            require=tuple(
                self._requirement(env, names, i, notice, values) for i in range(len(content["require"]))
            ),
            figures=self._figures(env, names),
            uses=tuple(content.get("uses", ())),
            absence_ok=content.get("absence_ok"),
            notice_days=notice,
            tables=tables,
            entry=self._reads(_ENTRY, _EACH),
            lists=tuple(self._reads(part) for part in self._lists()),
            reads=self._reads(_ENTRY, _EACH, *self._lists(), *range(len(content["require"]))),
            evidence=self._evidence_rule(values),
        )

    def _reads(self, *parts: int | str) -> Reads:
        """What a requirement rests on, together with what comes before all of them."""
        reads = {read for part in parts for read in self._read.get(part, ())}
        sections, names = sorted(self.sections_of(reads)), sorted({read.field for read in reads})
        asks = any(read.of is types.CONTROLS for read in reads)
        uses = tuple(self.content.get("uses", ())) if asks else ()
        return Reads(tuple(sections), tuple(names), uses, self._whole(parts))

    def _whole(self, parts: Iterable[int | str]) -> tuple[str, ...]:
        """The parts of inventories that are read otherwise than subject by subject."""
        reads = {
            read for part in parts for read in self._read.get(part, ()) if not self._by_subject(part, read)
        }
        return tuple(sorted(self.sections_of(reads)))

    def _by_subject(self, part: int | str, read: cel.Read) -> bool:
        """Whether what is read of a part is read for each subject alone: by a list that names the inventory
        once, if not by a function that might do so more often."""
        lists = part == _EACH or str(part).startswith(_LIST)
        return lists and read.of is self._root and part not in self._spread

    def _lists(self) -> Sequence[str]:
        """What the reads of each list of subjects go by, where there are several."""
        return sorted(str(part) for part in self._read if str(part).startswith(_LIST))

    def _evidence_rule(self, values: Mapping[str, Any]) -> EvidenceRule | None:
        written = self.content.get("evidence")
        if written is None:
            return None
        age = written.get("max_age")
        days = self._notice(age, ("evidence", "max_age"), values) if age is not None else None
        return EvidenceRule(Grade(written["grade"]), days)

    def _info(self) -> PolicyInfo:
        content = self.content
        related = content.get("related", {})
        return PolicyInfo(
            id=content["id"],
            title=content["title"],
            severity=Severity(content["severity"]),
            kind=content["kind"],
            origin=content.get("origin", "local"),
            why=" ".join(content["why"].split()),
            fix=" ".join(content["fix"].split()),
            quotes=tuple(Quote(q["document"], q["text"]) for q in content.get("quotes", ())),
            related={framework: tuple(ids) for framework, ids in related.items()},
            file=self.file.name,
            line=self.file.span(("id",)).line,
            requirements=self._item_ids(),
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
                self._problem(f"the id {id_!r} is used twice in this policy", (*path, "id"))
            seen.append(id_)
        return tuple(seen)

    def _parameters(self) -> dict[str, Parameter]:
        return {
            name: made
            for name, written in self.content.get("parameters", {}).items()
            if (made := self._parameter(name, written))
        }

    def _parameter(self, name: str, written: Mapping[str, Any]) -> Parameter | None:
        path: Path = ("parameters", name)
        kind = written["type"]
        if kind in params.BOUNDED and not ("min" in written and "max" in written):
            self._problem(
                f"parameter {name!r} has no bounds",
                path,
                hint="give it `min:` and `max:`, so that no profile can void it",
            )
            return None
        converted: dict[str, Any] = {}
        for part in ("default", "min", "max"):
            if part in written:
                try:
                    converted[part] = params.convert(kind, written[part])
                except ValueError as error:
                    self._problem(f"parameter {name!r}, {part}: {error}", (*path, part))
        if len(converted) < sum(part in written for part in ("default", "min", "max")):
            return None
        parameter = Parameter(
            name, kind, converted["default"], converted.get("min"), converted.get("max"),
            tuple(written.get("values", ())), written.get("stricter", "neither"), written["why"],
        )  # fmt: skip
        try:
            params.check_bounds(parameter, parameter.default)
        except ValueError as error:
            self._problem(f"parameter {name!r}, default: {error}", (*path, "default"))
            return None
        return parameter

    def _values(self, declared: Mapping[str, Parameter]) -> dict[str, Any]:
        values = {name: p.default for name, p in declared.items()}
        for name, written in self.overrides.items():
            parameter = declared.get(name)
            if parameter is None:
                self._unknown_parameter(name)
                continue
            try:
                value = params.convert(parameter.type, written)
                params.check_bounds(parameter, value)
            except ValueError as error:
                self._setting_problem(name, str(error))
                continue
            values[name] = value
        return values

    def _unknown_parameter(self, name: str) -> None:
        known = self.content.get("parameters", {})
        hint = did_you_mean(name, known) or f"its parameters are: {', '.join(known) or 'none'}"
        self._setting_problem(name, "there is no such parameter", misnamed=True, hint=hint)

    def _setting_problem(
        self, name: str, message: str, *, misnamed: bool = False, hint: str | None = None
    ) -> None:
        """What is wrong with a parameter as configured: its place is not in this file."""
        id_ = self.content["id"]
        text, setting = f"{id_}, parameter {name!r}: {message}", ("parameters", id_, name)
        self.problems.append(SettingError(text, setting, misnamed=misnamed, hint=hint))

    def _for_each(
        self, env: cel.Env, names: tuple[str, ...]
    ) -> tuple[tuple[Binding, ...], cel.Env, tuple[str, ...]]:
        written = self.content.get("for_each")
        if written is None:
            if "as" in self.content:
                self._problem("`as:` without `for_each:`", ("as",))
            return (), env, names
        if isinstance(written, dict):
            levels: list[tuple[str, list[Path]]] = [(name, [("for_each", name)]) for name in written]
        else:
            paths: list[Path] = (
                [("for_each",)]
                if isinstance(written, str)
                else [("for_each", i) for i in range(len(written))]
            )
            levels = [(self.content.get("as", "item"), paths)]
        return self._bindings(env, names, levels)

    def _bindings(
        self, env: cel.Env, names: tuple[str, ...], levels: Sequence[tuple[str, list[Path]]]
    ) -> tuple[tuple[Binding, ...], cel.Env, tuple[str, ...]]:
        made: list[Binding] = []
        for name, paths in levels:
            binding, element = self._binding(env, names, name, paths)
            if binding is not None:
                made.append(binding)
            try:
                env = env.child(variables={name: element})
            except ValueError as error:
                self._problem(str(error), paths[0])
            names = (*names, name)
        return tuple(made), env, names

    def _binding(
        self, env: cel.Env, names: tuple[str, ...], name: str, paths: list[Path]
    ) -> tuple[Binding | None, types.Type]:
        codes, elements = [], []
        for path in paths:
            code = self._code(env, names, path, None)
            if code is None:
                continue
            element = _element(code.checked.type)
            if element is None:
                self._problem(f"`{code.text}` is not a list but {code.checked.type}", path)
                continue
            codes.append(code)
            elements.append(element)
        if len(codes) < len(paths):
            return None, types.DYN
        keys = tuple(_key(element) for element in elements)
        labels = tuple(code.text for code in codes)
        return Binding(name, tuple(codes), labels, keys, self._empty(name)), _joined(elements)

    def _empty(self, name: str) -> str:
        written = self.content.get("empty", "not_applicable")
        return str(written.get(name, "not_applicable") if isinstance(written, dict) else written)

    def _check_keys(self, bindings: Sequence[Binding], key: Code | None) -> None:
        if key is None and any(not k for binding in bindings for k in binding.keys):
            self._problem(
                "the elements of this list have no identity", ("for_each",),
                hint="say in `key:` what identifies a subject, for instance its name",
            )  # fmt: skip

    def _variables(self, env: cel.Env, names: tuple[str, ...]) -> cel.Env:
        for name in self.content.get("variables", {}):
            code = self._code(env, names, ("variables", name), None)
            try:
                if code is None:
                    env = env.child(variables={name: types.DYN})
                else:
                    env = env.bind(name, code.checked)
            except ValueError as error:
                self._problem(str(error), ("variables", name))
        return env

    def _needs(self, env: cel.Env, names: tuple[str, ...], path: Path) -> tuple[Need, ...]:
        written = self.file.at(path) or ()
        needs = []
        for i, item in enumerate(written):
            here = (*path, i)
            that = self._code(env, names, (*here, "that"), types.BOOL)
            if that is not None:
                when = self._code(env, names, (*here, "when"), types.BOOL)
                say = self._message(env, (*here, "say"), names)
                means = self._meaning(env, (*here, "means"))
                needs.append(Need(item["id"], that, when, say, item.get("blocks") == "pass", means))
        return tuple(needs)

    def _requirement(
        self, env: cel.Env, names: tuple[str, ...], index: int, notice: int, values: Mapping[str, Any]
    ) -> Requirement:
        path: Path = ("require", index)
        item = self.file.at(path)
        when = self._code(env, names, (*path, "when"), types.BOOL)
        needs = self._needs(env, names, (*path, "needs"))
        levels = [(name, [(*path, "each", name)]) for name in item.get("each", {})]
        each, env, names = self._bindings(env, names, levels)
        that = self._code(env, names, (*path, "that"), types.BOOL)
        return Requirement(
            id=item["id"],
            that=that,  # type: ignore[arg-type]  # None only beside a problem, and then no policy is made
            when=when,
            each=each,
            needs=needs,
            say=self._message(env, (*path, "say"), names, counted=True),
            severity=Severity(item.get("severity", self.content["severity"])),
            absent=Status.UNKNOWN if item.get("absent") == "unknown" else Status.FAIL,
            notice_days=self._notice(item.get("notice"), (*path, "notice"), values)
            if "notice" in item
            else notice,
            means=self._meaning(env, (*path, "means")),
            reads=self._reads(_ENTRY, _EACH, index),
        )

    def _figures(self, env: cel.Env, names: tuple[str, ...]) -> tuple[tuple[str, Code], ...]:
        codes = [
            (name, self._code(env, names, ("figures", name), None))
            for name in self.content.get("figures", {})
        ]
        return tuple((name, code) for name, code in codes if code is not None)

    def _notice(self, written: str | None, path: Path, values: Mapping[str, Any]) -> int:
        if written is None:
            return 0
        if written.startswith("params."):
            value = values.get(written[len("params.") :])
            if not isinstance(value, cel.values.Duration):
                self._problem(f"{written} is not a duration parameter of this policy", path)
                return 0
            return int(value) // 86_400_000_000_000
        return int(written[:-1])

    # --- tables of what the members say

    def _tables(
        self, env: cel.Env, constants: Mapping[str, tuple[types.Type, Any]]
    ) -> tuple[tuple[Table, ...], cel.Env]:
        written = self.content.get("project")
        if written is None:
            return (), env
        kind = self.content["kind"]
        known = sorted(set(self.members(kind)))
        if not known:
            message = f"a {kind} has no members, so there is nothing to project"
            self._problem(message, ("project",), "x-members in the kind's schema says which list names them")
        for path in self._notices():
            message = "`notice:` cannot be used with `project:`"
            hint = "what the members say is worked out for now alone; give the notice to a control about them"
            self._problem(message, path, hint)
        made = []
        for name in written:
            table, row = self._table(name, known, constants)
            made.extend([table] if table is not None else [])
            try:
                env = env.child(variables={name: types.List(row)})
            except ValueError as error:
                self._problem_with_key(str(error), ("project", name))
        return tuple(made), env

    def _notices(self) -> Iterator[Path]:
        if "notice" in self.content:
            yield ("notice",)
        for i, item in enumerate(self.content["require"]):
            if "notice" in item:
                yield "require", i, "notice"

    def _table(
        self, name: str, known: Sequence[str], constants: Mapping[str, tuple[types.Type, Any]]
    ) -> tuple[Table | None, types.Type]:
        path: Path = ("project", name)
        written = self.file.at(path)
        kind = written["from"]
        if kind not in known:
            hint = f"its members are of the kind {' or '.join(known)}" if known else None
            self._problem(f"{kind!r} is no kind of member of a {self._about}", (*path, "from"), hint)
            return None, types.DYN
        env = self.make_env(kind, constants)
        if env is None:
            return None, types.DYN
        about, self._about = self._about, kind
        try:
            return self._projected(env, name, kind, path)
        finally:
            self._about = about

    def _projected(self, env: cel.Env, name: str, kind: str, path: Path) -> tuple[Table | None, types.Type]:
        written = self.file.at(path)
        names: tuple[str, ...] = (kind,)
        for_each: Code | None = None
        key: tuple[str, ...] = ()
        if "for_each" in written:
            binding, element = self._binding(env, names, name, [(*path, "for_each")])
            inner = written.get("as", "item")
            try:
                env, names = env.child(variables={inner: element}), (*names, inner)
            except ValueError as error:
                self._problem(str(error), (*path, "as"))
            if binding is None:
                return None, types.DYN
            (for_each,), (key,) = binding.lists, binding.keys
        elif "as" in written:
            self._problem("`as:` without `for_each:`", (*path, "as"))
        fields = {
            DOCUMENT: types.Field(types.Identity(kind), "The id of the member.", optional=False),
            ELEMENT: types.Field(types.STRING, "What identifies the element, or the member if it is a row."),
        }
        codes = []
        for column in written["columns"]:
            code = self._column(env, names, (*path, "columns", column), fields)
            codes.extend([(column, code)] if code is not None else [])
            # What is wrong with a column is told once, not wherever it is used.
            fields[column] = types.Field(types.nullable(code.checked.type) if code else types.DYN)
        row = types.ObjectType(f"{name}[]", fields, key=(KEY,), label=f"row of {name}")
        label = for_each.text if for_each else ""
        return Table(name, kind, for_each, label, key, tuple(codes), self._reads(name)), row

    def _column(
        self, env: cel.Env, names: tuple[str, ...], path: Path, taken: Collection[str]
    ) -> Code | None:
        if path[-1] in taken:
            self._problem_with_key(
                f"every row has {path[-1]!r} already", path, "give the column another name"
            )
        code = self._code(env, names, path, None)
        if code is not None and not _keepable(code.checked.type):
            message = f"a column cannot hold {code.checked.type}"
            hint = "a table keeps texts, numbers, truths, dates, durations, money, and lists or maps of these"
            self._problem(message, path, hint)
        return code

    def _problem_with_key(self, message: str, path: Path, hint: str | None = None) -> None:
        self.problems.append(PolicyError(message, at=self.file.key_span(path), hint=hint))

    # --- expressions

    def _code(
        self, env: cel.Env, names: tuple[str, ...], path: Path, expect: types.Type | None
    ) -> Code | None:
        text = self.file.at(path)
        if text is None:
            return None
        checked = self._check(env, text, path, 0, text, expect)
        if checked is None:
            return None
        span = self.file.span(path)
        return Code(" ".join(text.split()), checked, names, (span.file, span.line, span.column))

    def _message(
        self, env: cel.Env, path: Path, names: tuple[str, ...], *, counted: bool = False
    ) -> Message | None:
        text = self.file.at(path)
        if text is None:
            return None
        try:
            parts = split(text)
        except ValueError as error:
            self._problem_at(error.args[0], path, text, error.args[1], error.args[1] + 1)
            return None
        if counted:
            try:
                env = env.child(variables={"hits": types.INT, "n": types.INT})
            except ValueError as error:
                self._problem(str(error), path, "in messages `hits` and `n` are counts; rename your own")
                return None
            names = (*names, "hits", "n")
        span = self.file.span(path)
        made: list[str | Code] = []
        for part in parts:
            if not part.expression:
                made.append(_SPACES.sub(" ", part.text))  # a message is one line, however it is written
                continue
            checked = self._check(env, part.text, path, part.offset, text, None)
            if checked is not None:
                made.append(Code(part.text.strip(), checked, names, (span.file, span.line, span.column)))
        return Message(tuple(made))

    def _meaning(self, env: cel.Env, path: Path) -> str | None:
        """A sentence with the values of parameters in it, which are all that it may name."""
        message = self._message(cel.Env(constants=env.constants, dialect=_PARAMETERS_ONLY), path, ())
        if message is None:
            return None
        try:
            parts = [p if isinstance(p, str) else params.in_words(p.program(None)) for p in message.parts]
        except cel.EvalError as error:
            self._problem(f"{path[-1]!r} cannot be put into words: {error}", path)
            return None
        return " ".join("".join(parts).split())

    def _check(
        self, env: cel.Env, text: str, path: Path, offset: int, whole: str, expect: types.Type | None
    ) -> cel.Checked | None:
        try:
            checked = env.check(text, expect=expect)
        except cel.CelErrors as errors:
            for error in errors.errors:
                self._problem_at(
                    error.message, path, whole, error.start + offset, error.end + offset, error.hint
                )
            return None
        self._ask(env, checked, path, whole, offset)
        # What a variable reads counts where it is used; a message or figure decides nothing.
        if path[0] not in ("figures", "variables") and path[-1] not in {"say", "means"}:
            part = _part_of(path)
            self._read.setdefault(part, set()).update(checked.reads)
            if path[0] == "for_each" and not self._names_once(env, checked):
                self._spread.add(part)
        if path[0] != "figures" and path[-1] not in {"say", "means"}:
            self._absences.extend((path, whole, a.start + offset, a.end + offset) for a in checked.absence)
        return checked

    def _names_once(self, env: cel.Env, checked: cel.Checked) -> bool:
        """Whether an expression names the inventory once at most, and calls no definition."""
        nodes = list(ast.walk(checked.ast)) if checked.ast is not None else []
        named = [node for node in nodes if isinstance(node, ast.Ident) and node.name == self.content["kind"]]
        called = [node for node in nodes if isinstance(node, ast.Call) and env.definition(node.function)]
        return len(named) < 2 and not called

    def _ask(self, env: cel.Env, checked: cel.Checked, path: Path, whole: str, offset: int) -> None:
        """Notes the controls that `passes()` and its like read, each of which must be declared."""
        for asked in asked_controls(checked.ast, env) if checked.ast is not None else ():
            at = path, whole, asked.start + offset, asked.end + offset
            via = "".join(f"{name}(): " for name in asked.through)
            if asked.control is None:
                # Which it is shows when it runs; what `uses` does not name is an error then.
                for used in self.content.get("uses", ()):
                    self._asks(used)
                if "uses" not in self.content:
                    message = f"{via}{asked.function}() reads controls, but there is no `uses`"
                    self._problem_at(message, *at, _PASSES_HINT)
                continue
            self._asks(asked.control)
            if asked.control not in self.content.get("uses", ()):
                message = (
                    f"{via}{asked.function}({asked.control!r}) reads a control that `uses` does not name"
                )
                self._problem_at(message, *at, f"add `uses: [{asked.control}]`")

    def _asks(self, used: str) -> None:
        self.asked.setdefault(used, set()).add(self._about)

    def _check_uses(self) -> None:
        for i, used in enumerate(self.content.get("uses", ())):
            if used not in self.asked and not self.problems:
                self._problem(
                    f"`uses` names {used}, which no expression here reads", ("uses", i),
                    hint=f"ask with passes({used!r}), or leave it out",
                )  # fmt: skip

    def _check_absences(self) -> None:
        if not self._absences:
            if "absence_ok" in self.content and not self.problems:
                self._problem(
                    "`absence_ok:` is not needed: nothing here turns a missing fact into a verdict",
                    ("absence_ok",),
                )
            return
        if "absence_ok" in self.content:
            return
        for path, whole, start, end in self._absences:
            self._problem_at(
                "this can turn a missing fact into a verdict", path, whole, start, end, _ABSENCE_HINT
            )

    def _problem_at(
        self, message: str, path: Path, whole: str, start: int, end: int, hint: str | None = None
    ) -> None:
        at = place_in_scalar(self.file.source, self.file.span(path), whole, start, end)
        self.problems.append(PolicyError(message, at=at, hint=hint))

    def _problem(self, message: str, path: Path, hint: str | None = None) -> None:
        self.problems.append(PolicyError(message, at=self.file.span(path), hint=hint))


def _part_of(path: Path) -> int | str:
    """What the reads of an expression go by: its requirement, table or list, or what comes before these."""
    if path[0] in _APART:
        return path[1]
    if path[0] != "for_each":
        return _ENTRY
    return f"{_LIST}{path[1]}" if len(path) > 1 and isinstance(path[1], int) else _EACH


def _element(type_: types.Type) -> types.Type | None:
    """The type of the elements of a list, which may itself be null; None if it is no list."""
    if isinstance(type_, types.Nullable):
        type_ = type_.elem
    return type_.elem if isinstance(type_, types.List) else None


def _keepable(type_: types.Type) -> bool:
    """Whether a value of a type holds nothing of the inventory that it comes from."""
    if isinstance(type_, types.List | types.Nullable):
        return _keepable(type_.elem)
    if isinstance(type_, types.Map):
        return _keepable(type_.key) and _keepable(type_.value)
    return type_ in _SCALARS or isinstance(type_, types.Enum | types.Identity)


def _key(element: types.Type) -> tuple[str, ...]:
    """The path from an element to what identifies it; a text is its own identity."""
    element = types.non_null(element)
    if isinstance(element, types.ObjectType):
        return tuple(element.key or ())
    plain = element == types.STRING or isinstance(element, types.Enum | types.Identity)
    return (".",) if plain else ()


def _joined(elements: Sequence[types.Type]) -> types.Type:
    first = elements[0]
    if all(element == first for element in elements):
        return first
    objects = [element for element in elements if isinstance(element, types.ObjectType)]
    return types.Union(tuple(objects)) if len(objects) == len(elements) else types.DYN
