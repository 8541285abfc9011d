"""The pages of docs/reference/controls/: one for every control, from its policy and its tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from facts import Facts, Reader
from inventory_yaml import as_yaml
from policyscan import cel
from policyscan.findings import Status
from policyscan.kinds.kinds import Kinds
from policyscan.policies.files import PolicyFile, read
from policyscan.policies.loading import load_pack
from policyscan.policies.pack import TEST_SUFFIX, Pack, Written
from policyscan.policies.parameters import in_words
from policyscan.policies.policy import Binding, Message, Need, Parameter, Policy, Requirement, Table
from policyscan.policies.variants import Variants
from policyscan.policytest.cases import PolicyTests, merge, read_tests
from policyscan.policytest.runner import results, together
from policyscan.reporters.wording import frameworks

ROOT = Path(__file__).resolve().parent.parent
POLICIES = ROOT / "policies"
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- written by docs/generate.py: change the policies, not this page -->\n"
ORIGINS = {
    "stated": "stated in the source texts",
    "implied": "implied by the source texts",
    "companion": "a companion that the source texts do not name",
    "local": "added here",
}
STATUSES = {
    "pass": "One that passes",
    "due": "One that is due",
    "warning": "One that warns",
    "fail": "One that fails",
    "unknown": "One that is unknown",
    "not_applicable": "One that it does not apply to",
}
_KINDS = Kinds.builtin()
FROM_PAGE = "../../../policies"


class Control(NamedTuple):
    """A policy, its file, the content of its tests and these as cases, and the facts that it reads."""

    policy: Policy
    file: PolicyFile
    tests: dict[str, Any]
    cases: PolicyTests
    facts: Facts

    @property
    def id(self) -> str:
        """The policy's id."""
        return self.policy.id

    @property
    def path(self) -> str:
        """The policy's file below the folder of policies, without its suffix."""
        return f"{self.id.rpartition('-')[0]}/{self.id}"


def pages() -> dict[Path, str]:
    """The page of every control, of the functions that they share, and the list of them all."""
    kinds = Kinds.builtin()
    pack, problems = load_pack(POLICIES, kinds, shown="policies")
    if pack is None or problems:
        raise SystemExit("\n".join(map(str, problems)))
    reader = Reader(kinds, pack)
    controls = [_control(policy, reader) for policy in pack.policies.values()]
    made = {FOLDER / "controls" / f"{one.id}.md": "\n".join(page(one, pack, kinds)) for one in controls}
    made[FOLDER / "controls.md"] = "\n".join(index(controls, pack))
    made[FOLDER / "rules.md"] = "\n".join(rules(pack))
    made[FOLDER / "definitions.md"] = "\n".join(definitions(controls, pack))
    return {path: f"{text}\n" for path, text in made.items()}


def _control(policy: Policy, reader: Reader) -> Control:
    start = POLICIES / policy.id.rpartition("-")[0]
    file, _ = read(start / f"{policy.id}.yaml", policy.info.file, "policy")
    tests, _ = read(start / f"{policy.id}{TEST_SUFFIX}", f"{policy.id}{TEST_SUFFIX}", "test")
    kind = _KINDS[policy.root]
    cases, _ = read_tests(start / f"{policy.id}{TEST_SUFFIX}", policy.id, kind.name, kind.shape.ident)
    assert file is not None
    assert tests is not None
    assert cases is not None
    return Control(policy, file, tests.value, cases, reader.facts(file))


# --- the list of all ---------------------------------------------------------------------------------

INDEX_INTRO = """
What policyscan checks, from the files in [`policies/`](../../policies/). Each control has a page with its
test in words and in CEL, its parameters, and examples that are its tests. `policyscan explain ID` says the
same for one control, and how a client fares by it. A control that is passed means: its test is met on that
day, by the evidence on file. Framework ids are related; they are no official mapping.
"""


def index(controls: Sequence[Control], pack: Pack) -> Iterator[str]:
    """A table of all controls, and the profiles that choose among them."""
    yield "# Controls\n"
    yield NOTE
    yield INDEX_INTRO.strip() + "\n"
    yield "| id | what holds when it is passed | severity | about a | origin | profiles |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in controls:
        info = one.policy.info
        link = f"[{one.id}](controls/{one.id}.md)"
        cells = [link, cell(info.title), info.severity.value, info.kind, info.origin]
        yield f"| {' | '.join(cells)} | {', '.join(profiles(one.policy, pack)) or 'none'} |"
    yield "\n## Profiles\n"
    for name, profile in pack.profiles.items():
        default = " (the default)" if name == pack.default_profile else ""
        chosen = sum(name in profiles(one.policy, pack) for one in controls)
        yield f"- `{name}`{default}, {chosen} of {len(controls)} controls: {profile.description}"
    origins = "; ".join(f"`{name}`, {text}" for name, text in ORIGINS.items() if name != "local")
    yield f"\nOrigins are {origins}. [Functions that they share](definitions.md) are on a page of their own."


# --- rules of consistency ----------------------------------------------------------------------------

RULES_INTRO = """
What facts must agree, from the files in [`policies/consistency/`](../../policies/consistency/). Where a rule
does not hold, both sides of the contradiction are told, and the facts are in dispute: whatever control reads
one of them is unknown. Rules are no controls, count in no score, and are on in every profile.
[Facts that contradict each other](../consistency.md) says how they work and how to write one.
"""


def rules(pack: Pack) -> Iterator[str]:
    """The page of all rules of consistency."""
    yield "# Rules of consistency\n"
    yield NOTE
    yield RULES_INTRO.strip() + "\n"
    yield "| id | what holds where the facts agree | severity | about a |"
    yield "| --- | --- | --- | --- |"
    for rule in pack.rules.values():
        info = rule.info
        link = f"[{info.id}](#{info.id.lower()})"
        yield f"| {link} | {cell(info.title)} | {info.severity.value} | {info.kind} |"
    for rule in pack.rules.values():
        yield from _rule(rule)


def _rule(rule: Policy) -> Iterator[str]:
    info = rule.info
    yield f"\n## {info.id}\n"
    yield f"**{cell(info.title)}.** {info.why} ([file](../../policies/consistency/{info.id}.yaml))\n"
    for item in rule.require:
        texts = ", ".join(f"`{dispute.text}`" for dispute in item.disputes or rule.disputes)
        yield f"- {cell(item.means or '')} Else in dispute: {texts}."
    for parameter in rule.declared:
        default = in_words(parameter.default)
        yield f"- `{parameter.name}` is {default} unless configured: {cell(parameter.why)}."
    yield f"\n**What to do.** {info.fix}"


def profiles(policy: Policy, pack: Pack) -> list[str]:
    """The names of the profiles that a policy is in."""
    return [
        name
        for name, profile in pack.profiles.items()
        if (policy.status != "preview" if profile.policies is None else policy.id in profile.policies)
    ]


# --- the page of one ---------------------------------------------------------------------------------


def page(one: Control, pack: Pack, kinds: Kinds) -> Iterator[str]:
    """Everything about one control."""
    info = one.policy.info
    yield f"# {one.id}: {info.title}\n"
    yield NOTE
    chosen = [f"`{name}`" for name in profiles(one.policy, pack)]
    yield f"{info.severity.value.capitalize()}, about a {info.kind}; {ORIGINS[info.origin]}."
    yield f"In {_of(chosen)}."
    yield f"[Its file]({FROM_PAGE}/{one.path}.yaml). [All controls](../controls.md).\n"
    yield from _status(one.policy)
    yield f"**Why.** {info.why}\n"
    for quote in info.quotes:
        yield f"> {' '.join(quote.text.split())}\n>\n> ({quote.source})\n"
    yield f"**What to do.** {info.fix}\n"
    for name, fix in info.fixes.items():
        yield f"- `{name}`: {cell(fix)}"
    if info.fixes:
        yield ""
    yield from _test(one, pack, kinds)
    yield from _parameters(one.policy.declared)
    yield from _examples(one, pack)
    yield from _reads(one.facts)
    yield from _related(one.policy)


def _of(chosen: Sequence[str]) -> str:
    if not chosen:
        return "no profile"
    return f"the profile{'' if len(chosen) == 1 else 's'} {', '.join(chosen)}"


def _status(policy: Policy) -> Iterator[str]:
    if policy.status == "preview":
        yield "This control is a preview: it is in no profile, and may still change.\n"
    if policy.status == "deprecated":
        yield f"This control is deprecated: use [{policy.replaced_by}]({policy.replaced_by}.md) instead.\n"
    if policy.aliases:
        yield f"It was called {', '.join(policy.aliases)} before.\n"


# --- the test

TEST_INTRO = """
A fact that is missing or blank makes the result *unknown* wherever the verdict depends on it. A fact that is
known to be none (`null`) *fails* the requirement that cannot do without it, unless it says otherwise below;
in a need or a condition it makes the result *unknown*.
"""


def _also(also: Policy, kinds: Kinds) -> Iterator[str]:
    """What the same control asks of inventories of another kind."""
    yield f"## Asked of each {also.root}\n"
    yield from _subjects(also, kinds)
    for requirement in also.require:
        yield from _requirement(requirement, also)


def _test(one: Control, pack: Pack, kinds: Kinds) -> Iterator[str]:
    policy = one.policy
    yield "## The test\n"
    yield TEST_INTRO.strip() + "\n"
    yield from _tables(policy.tables)
    yield from _subjects(policy, kinds)
    for need in policy.needs:
        yield from _need(need, "###")
    for requirement in policy.require:
        yield from _requirement(requirement, policy)
    yield from _variables(one.file.value.get("variables", {}))
    if policy.also is not None:
        yield from _also(policy.also, kinds)
    used = used_functions(one, pack)
    if used:
        yield "### Functions that it uses\n"
        for function in used:
            yield f"- [`{function.name}`](../definitions.md#{function.name}): {function.description}"
        yield ""
    if policy.uses:
        asked = ", ".join(f"[{id_}]({id_}.md)" for id_ in policy.uses)
        yield f"It asks whether other controls pass, before waivers: {asked}.\n"
    if policy.absence_ok:
        yield f"A missing fact may decide here: {policy.absence_ok}\n"


TABLES_INTRO = """
It rests on what the members of the inventory say, in tables of a row each. Beside its columns every row has
`document`, the id of the member, and `id`, the member's or its element's. As long as a member is not there,
or its list is missing, nothing that reads the table passes.
"""


def _tables(tables: Sequence[Table]) -> Iterator[str]:
    """What the members say, table by table."""
    if tables:
        yield "### What the members say\n"
        yield TABLES_INTRO.strip() + "\n"
    for table in tables:
        what = f"`{table.label}` of each {table.kind}" if table.for_each else f"each {table.kind}"
        yield f"`{table.name}` has a row for {what}:\n"
        yield from _code(*(f"{name} = {code.text}" for name, code in table.columns))


def _subjects(policy: Policy, kinds: Kinds) -> Iterator[str]:
    """What is checked, and when it is not."""
    otherwise = f"; otherwise it does not apply ({policy.not_applicable})" if policy.not_applicable else ""
    if policy.applies is not None:
        yield f"It applies to an inventory for which this holds{otherwise}:\n"
        yield from _code(policy.applies.text)
    for level, binding in enumerate(policy.for_each):
        lead = "And in each of these for" if level else "It is checked for"
        yield from _binding(lead, binding, kinds[policy.root].descriptions)
    if policy.for_each and policy.key is not None:
        yield f"What tells them apart: `{policy.key.text}`.\n"
    if policy.when is not None:
        what = "to those" if policy.for_each else "to an inventory"
        yield f"It applies {what} for which this holds{otherwise}:\n"
        yield from _code(policy.when.text)


EMPTY = {
    "not_applicable": "If there is none, it does not apply.",
    "unknown": "If there is none, the result is unknown.",
    "fail": "If there is none, it fails.",
    "pass": "If there is none, it passes.",
}


def _binding(lead: str, binding: Binding, descriptions: Mapping[str, str]) -> Iterator[str]:
    lists = " and ".join(f"`{label}`{_described(label, descriptions)}" for label in binding.labels)
    yield f"{lead} each `{binding.name}` in {lists}. {EMPTY[binding.empty]}\n"


def _described(label: str, descriptions: Mapping[str, str]) -> str:
    """What a list holds, where it is one of the inventory as it stands."""
    says = descriptions.get(label.partition(".")[2])
    return f" ({says.partition(';')[0].rstrip('.')})" if says else ""


MUST_HOLD = "What must hold:\n"


def _need(need: Need, level: str) -> Iterator[str]:
    yield f"{level} Needed: {need.id}\n"
    yield from _meaning(need.means)
    yield from _condition(need)
    if need.when is not None:
        yield MUST_HOLD
    yield from _code(need.that.text)
    what = "A pass is unknown without it; a fail stands." if need.blocks_pass_only else "Without it: unknown."
    yield f"{what}{_says(need.say)}\n"


def _requirement(requirement: Requirement, policy: Policy) -> Iterator[str]:
    yield f"### {requirement.id}\n"
    yield from _meaning(requirement.means)
    for need in requirement.needs:
        yield from _need(need, "####")
    if requirement.needs:
        yield f"#### Required: {requirement.id}\n"
    yield from _condition(requirement)
    for binding in requirement.each:
        lists = " and ".join(f"`{label}`" for label in binding.labels)
        yield f"For each `{binding.name}` in {lists}.\n"
    if requirement.when is not None or requirement.each:
        yield MUST_HOLD
    yield from _code(requirement.that.text)
    notes = ["On `null` it fails." if requirement.absent is Status.FAIL else "On `null` it is unknown."]
    if requirement.severity is not policy.info.severity:
        notes.append(f"Severity here: {requirement.severity.value}.")
    if requirement.warns:
        notes.append("Its fail is a warning: the control is met all the same.")
    if requirement.notice_days:
        notes.append(f"Due from {requirement.notice_days} days before it would fail.")
    yield f"{' '.join(notes)}{_says(requirement.say)}\n"


def _meaning(means: str | None) -> Iterator[str]:
    if means:
        yield f"{text(means)}\n"


def _condition(item: Need | Requirement) -> Iterator[str]:
    if item.when is not None:
        yield "Only where this holds; elsewhere it does not apply:\n"
        yield from _code(item.when.text)


def _says(message: Message | None) -> str:
    """The message, with what is put into it in braces."""
    if message is None:
        return ""
    said = "".join(part if isinstance(part, str) else "{" + part.text + "}" for part in message.parts)
    return f" Its message: `{' '.join(said.split())}`"


def _variables(variables: Mapping[str, str]) -> Iterator[str]:
    if variables:
        yield "### What its names stand for\n"
        yield from _code(*(f"{name} = {' '.join(text.split())}" for name, text in variables.items()))


def _code(*expressions: str) -> Iterator[str]:
    yield "```cel"
    for expression in expressions:
        yield from folded(expression)
    yield "```\n"


def folded(expression: str, width: int = 100) -> Iterator[str]:
    """An expression in lines, broken before `&&`, `||`, `?` and `:` where it is long."""
    line = ""
    for part in re.split(r" (?=(?:&&|\|\||\?|:) )", expression):
        if line and len(line) + 1 + len(part) > width:
            yield line
            line = f"  {part}"
        else:
            line = f"{line} {part}" if line else part
    yield line


# --- parameters


def _parameters(declared: Sequence[Parameter]) -> Iterator[str]:
    if declared:
        yield "## Parameters\n"
        yield "| parameter | type | default | bounds | stricter is | why |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for parameter in declared:
            cells = [f"`{parameter.name}`", parameter.type, _value(parameter.default), _bounds(parameter)]
            cells += [parameter.stricter, parameter.why]
            yield f"| {' | '.join(map(cell, cells))} |"
        yield ""


def _value(value: Any) -> str:
    if isinstance(value, list | dict):
        return f"`{json.dumps(value, ensure_ascii=False)}`"
    return cel.render(value)


def _bounds(parameter: Parameter) -> str:
    if parameter.values:
        return f"out of {', '.join(parameter.values)}"
    if parameter.min is None or parameter.max is None:
        return ""
    return f"{_value(parameter.min)} to {_value(parameter.max)}"


# --- examples


def _examples(one: Control, pack: Pack) -> Iterator[str]:
    cases = one.tests["cases"]
    yield "## Examples\n"
    tests = f"{FROM_PAGE}/{one.path}{TEST_SUFFIX}"
    count = f"{len(cases)} cases" if len(cases) > 1 else "case"
    yield f"They are some of its [{count}]({tests}), which `policyscan test --select {one.id}` runs.\n"
    for status, title in STATUSES.items():
        case = example(one.tests, status)
        if case is not None:
            yield f"### {title}\n"
            yield from _example(case, one)
            yield from _results(one, one.tests["cases"].index(case), pack)
    yield "### All its cases\n"
    yield from (f"- {text(case['name'])}" for case in cases)
    yield ""


def example(tests: Mapping[str, Any], status: str) -> Mapping[str, Any] | None:
    """The shortest case of a status, before all one in which nothing is worse than it."""
    having = [case for case in tests["cases"] if any(e["status"] == status for e in case["expect"])]
    return min(having, key=lambda case: _order(case, tests, status), default=None)


def _order(case: Mapping[str, Any], tests: Mapping[str, Any], status: str) -> tuple[bool, bool, bool, int]:
    """Sorts cases: those without worse results, that show something, without other results, and short ones
    first."""
    ranks = [_RANKS.index(result["status"]) for result in case["expect"]]
    rank, shown = _RANKS.index(status), _shown(case, tests)
    return max(ranks) > rank, not shown, min(ranks) < rank, len(shown)


_RANKS = ["not_applicable", "pass", "warning", "due", "unknown", "fail", "error"]


def _example(case: Mapping[str, Any], one: Control) -> Iterator[str]:
    tests, kind = one.tests, one.policy.root
    as_of = case.get("as_of", tests.get("as_of"))
    yield f"*{text(case['name'])}*{f', on {as_of}' if as_of else ''}\n"
    yield f"```yaml\n{_shown(case, tests) or f'# nothing is known of the {kind}{chr(10)}'}```\n"
    if parameters := case.get("parameters"):
        yield f"with the parameters\n\n```yaml\n{as_yaml(parameters)}```\n"
    beside = together((*tests.get("documents", ()), *case.get("documents", ())), _KINDS)
    if beside:
        these = "this inventory" if len(beside) == 1 else "these inventories"
        yield f"beside {these}\n\n```yaml\n{f'---{chr(10)}'.join(map(as_yaml, beside))}```\n"


def _results(one: Control, index: int, pack: Pack) -> Iterator[str]:
    """What a case gives, which is all that it expects, with the messages of a scan."""
    variants = Variants(pack, _KINDS, one.id)
    _, found = results(one.cases, one.cases.cases[index], variants, _KINDS)
    rows = [(r.subject, r.requirement, r.status.value.replace("_", " "), r.message) for r in found]
    shown = [n for n in range(4) if any(row[n] for row in rows)]
    heads = ("subject", "requirement", "status", "message")
    yield f"| {' | '.join(heads[n] for n in shown)} |"
    yield f"|{' --- |' * len(shown)}"
    for row in rows:
        yield f"| {' | '.join(cell(row[n]) for n in shown)} |"
    yield ""


def _shown(case: Mapping[str, Any], tests: Mapping[str, Any]) -> str:
    """The inventory of a case as YAML, without what every inventory has."""
    return as_yaml(merge(tests.get("base", {}), case.get("with", {})))


# --- what it reads and what it is related to


def _reads(facts: Facts) -> Iterator[str]:
    yield "## Facts it reads\n"
    yield "For its verdict, its messages left aside; the links lead to what each of them means.\n"
    yield "| in | facts |"
    yield "| --- | --- |"
    for (kind, name), keys in facts.items():
        if name == kind:
            link = f"[the {kind} itself](../{kind}.md)"
        else:
            link = f"[{name}](../{kind}.md#{name})" + ("" if kind == "client" else f" of a {kind}")
        yield f"| {link} | {', '.join(f'`{key}`' for key in keys)} |"
    yield ""


def _related(policy: Policy) -> Iterator[str]:
    if policy.info.related:
        yield "## Related to\n"
        for framework, ids in frameworks(policy.info):
            yield f"- related to {framework}: {text(ids)}"
        yield "\nRelated: about the same. Meeting this control's test does not satisfy them."


# --- the functions that controls share


def used_functions(one: Control, pack: Pack) -> list[Written]:
    """The definitions that a policy calls, directly or through another."""
    texts = [json.dumps(one.file.value)]
    used: dict[str, Written] = {}
    for source in texts:
        for function in pack.written:
            if function.name not in used and calls(source, function.name):
                used[function.name] = function
                texts.append(function.value)
    return sorted(used.values())


def calls(source: str, name: str) -> bool:
    """Whether an expression calls a function of this name."""
    return re.search(rf"(?<![\w.]){name}\(", source) is not None


def definitions(controls: Sequence[Control], pack: Pack) -> Iterator[str]:
    """The shared functions, a section each."""
    yield "# Functions that controls share\n"
    yield NOTE
    yield "Written in [`policies/definitions.yaml`](../../policies/definitions.yaml).\n"
    users = {one.id: used_functions(one, pack) for one in controls}
    for function in sorted(pack.written):
        yield f"## {function.name}\n"
        takes = ", ".join(f"{name}: {type_}" for name, type_ in function.takes)
        yield f"`{function.name}({takes})`, {function.returns}. {function.description}\n"
        yield from _code(" ".join(function.value.split()))
        by = [f"[{id_}](controls/{id_}.md)" for id_, used in users.items() if function in used]
        yield f"Used by {', '.join(by) or 'no control'}.\n"


# --- Markdown


def cell(content: str) -> str:
    """Text that cannot end its cell of a table."""
    return text(content).replace("|", "\\|")


def text(content: str) -> str:
    """Text on one line in which nothing is taken for a tag."""
    return " ".join(content.split()).replace("<", "&lt;")
