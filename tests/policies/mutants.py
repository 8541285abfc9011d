"""Changes every shipped control by one step and runs its cases: a change that no case notices is a gap.

    python -m tests.policies.mutants [ID …]      (definitions: the functions that they share)

It takes minutes, so it is run by hand. Prints the survivors and the score; exit code 1 if any survived
that is not known to mean the same as the original.
"""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import yaml

from policyscan.errors import Problems
from policyscan.findings import RULE_FAMILY
from policyscan.kinds.kinds import Kinds
from policyscan.policies.loading import load_pack
from policyscan.policies.pack import TEST_SUFFIX, builtin_path
from policyscan.policies.policy import Policy
from policyscan.policies.survey import RULES
from policyscan.policies.variants import Variants
from policyscan.policytest.cases import read_tests
from policyscan.policytest.runner import run

FOLDER = Path(builtin_path())
KINDS = Kinds.builtin()
DEFINITIONS = "definitions"

# One step away: each operator, quantifier and constant of an expression.
SWAPS = (
    (r"<=", "<"), (r">=", ">"), (r"<(?!=)", "<="), (r"(?<![=>-])>(?!=)", ">="),
    (r"==", "!="), (r"!=", "=="), (r"&&", "||"), (r"\|\|", "&&"),
    (r"\.exists\(", ".all("), (r"\.all\(", ".exists("), (r"!(?=[a-z(])", ""),
    (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"\bmaxBy\b", "minBy"),
    (r"\bnow\b(?! -)", "(now + days(1))"),
    (r"\+ (?=params)", "- "), (r"(?<![\w.])0(?![\w.])", "1"), (r"(?<![\w.-])1(?![\w.])", "2"),
)  # fmt: skip
# Changes that mean the same, and why.
EQUIVALENT = {
    "CONS-147: ended: called.mentions(params.ends).map(k, params.ends[k]).filter(days, days < limit) → "
    "ended: called.mentions(params.ends).map(k, params.ends[k]).filter(days, days <= limit)": (
        "two days in a row are longer than one, and so never equal to it"
    ),
    "CONS-147: sold: size(ended) > 0 && size(called.mentions(params.paid)) > 0 → "
    "sold: size(ended) >= 0 && size(called.mentions(params.paid)) > 0": (
        "of a system of which no end is known nothing is over either way; it only saves the reading"
    ),
    "CONS-226: that: shut >= params.min_closed → that: shut > params.min_closed": (
        "a week of one day's hours is closed for 0, 7, 14 or more hours, never for 12"
    ),
    "CONS-226: min_closed: {type: int, default: 12, min: 1, max: 100, stricter: higher, → 13": (
        "a week of one day's hours is closed for 0, 7, 14 or more hours, never for 12 or 13"
    ),
    "CONS-226: min_closed: {type: int, default: 12, min: 1, max: 100, stricter: higher, → 11": (
        "a week of one day's hours is closed for 0, 7, 14 or more hours, never for 11 or 12"
    ),
    "INS-06: ? client.people.exists(p, same_name(p.name, answer.signed_by) "
    "&& decides(p, answer.signed_on)) : false → "
    "? client.people.exists(p, same_name(p.name, answer.signed_by) && decides(p, answer.signed_on)) : true": (
        "who signed is never null: it is said, or unknown before that is reached"
    ),
    "CONS-237: policy.starts_on <= reviewed || size(before) == 0 → "
    "policy.starts_on < reviewed || size(before) == 0": (
        "one that began on the day of the review was in force on it, with its own number"
    ),
    "definitions: person.end_date != null && person.end_date < today → "
    "person.end_date != null && person.end_date <= today": (
        "whose last day is today is there, and nobody says of them that they are gone"
    ),
    'definitions: [straight(name).asName().replace("\'", "").split(" ")].exists(n, size(n) > 1 → '
    '[straight(name).asName().replace("\'", "").split(" ")].all(n, size(n) > 1': (
        "a list of one: it only gives its element a name"
    ),
    "definitions: || size(login_words(id)) == 1 "
    "&& login_words(id).exists(w, w == n[0] || w == n[size(n) - 1]))) → "
    "|| size(login_words(id)) == 1 && login_words(id).all(w, w == n[0] || w == n[size(n) - 1])))": (
        "a list of one, as is asked before"
    ),
    'definitions: .exists(t, words.exists(w, t.contains(" " + w))) → '
    '.all(t, words.exists(w, t.contains(" " + w)))': "a list of one: it only gives its element a name",
    'definitions: ([duration("0s")] + incident.paused.filter(p, incident.reported_at <= p.starts_at '
    "&& p.starts_at <= p.ends_at → "
    '([duration("0s")] + incident.paused.filter(p, incident.reported_at <= p.starts_at '
    "&& p.starts_at < p.ends_at": ("a pause that ends as it begins adds nothing"),
    "GOV-02: max_declared: {type: number, default: 40, min: 0, max: 100, stricter: lower, → 41": (
        "of at most twelve controls no share lies between 59 and 60 percent"
    ),
    "INS-04: today < policy.ends_on || today - policy.ends_on > params.look_back → "
    "today <= policy.ends_on || today - policy.ends_on > params.look_back": (
        "a policy that ends today has a successor wherever one is in force"
    ),
}
WORDS = r"\s*(- )?(id|means|say|fix|due|severity|blocks|absent|notice|empty|not_applicable|absence_ok):"
PARAMETER = re.compile(r"(default: )([0-9.]+)([dhwm]?)([,}])")


class Mutant(NamedTuple):
    """One changed policy: its whole text, and what was changed where."""

    id: str
    line: int
    change: str
    text: str


def expression_lines(text: str) -> Iterator[int]:
    """The numbers (from 0) of the lines of a policy file that hold expressions."""
    inside = ""
    block_indent = -1
    words = False  # in a block of words, such as a message
    for number, line in enumerate(text.split("\n")):
        indent = len(line) - len(line.lstrip())
        if block_indent >= 0 and line.strip() and indent <= block_indent:
            block_indent = -1
        if re.match(r"[a-z_]+:", line):
            inside = line.split(":")[0]
        if block_indent >= 0:
            if line.strip() and not words:
                yield number
        elif inside in {"project", "applies", "when", "for_each", "variables", "needs", "require", "also"}:
            words = re.match(WORDS, line) is not None
            if re.search(r": >-\s*$", line):
                block_indent = indent
            elif line.strip() and not line.strip().startswith("#") and not words:
                yield number


def step_away(name: str, lines: list[str], numbers: Iterator[int]) -> Iterator[Mutant]:
    """Every text that differs from these lines by one step in one of the numbered ones."""
    for number in numbers:
        line = lines[number]
        start = re.match(r"\s*(- )?([a-z_]+: )?", line)
        offset = start.end() if start else 0
        for pattern, new in SWAPS:
            for found in re.finditer(pattern, line[offset:]):
                changed = line[: offset + found.start()] + new + line[offset + found.end() :]
                whole = "\n".join([*lines[:number], changed, *lines[number + 1 :]])
                yield Mutant(name, number + 1, f"{line.strip()} → {changed.strip()}", whole)


def mutants(id_: str) -> Iterator[Mutant]:
    """Every policy that is one step away from this one."""
    text = file_of(id_, FOLDER).read_text(encoding="utf-8")
    lines = text.split("\n")
    yield from step_away(id_, lines, expression_lines(text))
    for number, line in enumerate(lines):
        found = PARAMETER.search(line)
        if found and "{type:" in line:
            yield from parameter_mutants(id_, lines, number, found)


def definition_mutants() -> Iterator[Mutant]:
    """Every set of shared functions that is one step away from the shipped one."""
    lines = (FOLDER / "definitions.yaml").read_text(encoding="utf-8").split("\n")
    numbers = (
        number for number, line in enumerate(lines)
        if re.match(r"    value: (?!>)", line) or re.match(r"      \S", line)
    )  # fmt: skip
    yield from step_away(DEFINITIONS, lines, numbers)


def parameter_mutants(id_: str, lines: list[str], number: int, found: re.Match[str]) -> Iterator[Mutant]:
    """The default of a parameter one step up and down, its bounds widened to let it pass."""
    value = float(found[2])
    step = 0.05 if "." in found[2] and value <= 1 else 1  # shares go by twentieths
    for new in (value + step, value - step):
        shown = f"{new:.2f}" if step < 1 else f"{new:.1f}" if "." in found[2] else f"{new:.0f}"
        line = lines[number]
        changed = line[: found.start(2)] + shown + line[found.end(2) :]
        lowest = "0" if found[3] else f"{min(new, 0):.0f}"
        changed = re.sub(r"min: [-0-9.]+", f"min: {lowest}", changed)
        changed = re.sub(r"max: [0-9.]+", lambda m: m[0] + "0", changed)
        whole = "\n".join([*lines[:number], changed, *lines[number + 1 :]])
        yield Mutant(id_, number + 1, f"{line.strip()} → {shown}{found[3]}", whole)


def file_of(id_: str, folder: Path) -> Path:
    """The file of a policy, or of a rule of consistency, in a pack."""
    family = id_.rpartition("-")[0]
    return folder / (RULES if family == RULE_FAMILY else family) / f"{id_}.yaml"


def is_noticed(id_: str, folder: Path) -> bool | None:
    """Whether a case of a policy fails in this pack; None where the pack is none at all."""
    pack, problems = load_pack(folder, KINDS)
    if problems or pack is None:
        return None
    policy = pack.find(id_)
    assert policy is not None
    kind = KINDS[policy.info.kind]
    test_path = file_of(id_, FOLDER).with_name(f"{id_}{TEST_SUFFIX}")
    tests, _ = read_tests(test_path, test_path.name, kind.name, kind.shape.ident)
    assert tests is not None
    variants = Variants(pack, KINDS, id_)

    def policies(parameters: Mapping[str, Any]) -> Mapping[str, Policy]:
        try:
            return variants(parameters)
        except Problems:
            return variants({})

    return any(outcome.differences for outcome in run(tests, policies, KINDS))


def small_pack(id_: str, folder: Path) -> None:
    """A pack of one policy, with the definitions and the policies that it reads."""
    (folder / "definitions.yaml").write_bytes((FOLDER / "definitions.yaml").read_bytes())
    content = yaml.safe_load(file_of(id_, FOLDER).read_text(encoding="utf-8"))
    for one in (id_, *content.get("uses", ())):
        made = file_of(one, folder)
        made.parent.mkdir(exist_ok=True)
        made.write_bytes(file_of(one, FOLDER).read_bytes())


def of_policy(id_: str) -> Iterator[tuple[Mutant, bool | None]]:
    """A policy's mutants, each with whether it was noticed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small_pack(id_, folder)
        path = file_of(id_, folder)
        for mutant in mutants(id_):
            path.write_text(mutant.text, encoding="utf-8")
            yield mutant, is_noticed(id_, folder)


def functions_at(lines: list[str]) -> list[str]:
    """The function that each line of the definitions belongs to; nothing before the first."""
    names, name = [], ""
    for line in lines:
        found = re.match(r"  ([a-z_]+):$", line)
        name = found[1] if found else name
        names.append(name)
    return names


def users_of_functions(ids: list[str]) -> Mapping[str, set[str]]:
    """For each shared function the policies that call it, or one that calls it."""
    lines = (FOLDER / "definitions.yaml").read_text(encoding="utf-8").split("\n")
    bodies: dict[str, str] = {}
    for name, line in zip(functions_at(lines), lines, strict=True):
        bodies[name] = bodies.get(name, "") + line + "\n"
    calls = {name: set(re.findall(r"\b([a-z_]+)\(", text)) & bodies.keys() for name, text in bodies.items()}
    users: dict[str, set[str]] = {name: set() for name in bodies}
    for id_ in ids:
        text = file_of(id_, FOLDER).read_text(encoding="utf-8")
        open_, seen = set(re.findall(r"\b([a-z_]+)\(", text)) & bodies.keys(), set[str]()
        while open_:
            name = open_.pop()
            seen.add(name)
            open_ |= calls[name] - seen
        for name in seen:
            users[name].add(id_)
    return users


def of_definitions(ids: list[str]) -> Iterator[tuple[Mutant, bool | None]]:
    """The definitions' mutants, each with whether a case of any policy that uses the function noticed it."""
    users = users_of_functions(ids)
    names = functions_at((FOLDER / "definitions.yaml").read_text(encoding="utf-8").split("\n"))
    with tempfile.TemporaryDirectory() as name:
        folders = []
        for id_ in ids:
            folder = Path(name) / id_
            folder.mkdir()
            small_pack(id_, folder)
            folders.append((id_, folder))
        for mutant in definition_mutants():
            noticed: bool | None = False
            concerned = users[names[mutant.line - 1]]
            for id_, folder in folders:
                if id_ not in concerned:
                    continue
                (folder / "definitions.yaml").write_text(mutant.text, encoding="utf-8")
                noticed = is_noticed(id_, folder)
                if noticed is not False:
                    break
            yield mutant, noticed


def main(ids: list[str]) -> int:
    """Runs the mutants of the policies named (`definitions` for the shared functions), or of all and of the
    definitions."""
    every = sorted(p.stem for p in FOLDER.glob("*/[A-Z]*.yaml") if not p.name.endswith(TEST_SUFFIX))
    found = itertools.chain.from_iterable(of_policy(id_) for id_ in ids or every if id_ != DEFINITIONS)
    killed = survived = 0
    shared = not ids or DEFINITIONS in ids
    for mutant, noticed in itertools.chain(found, of_definitions(every) if shared else ()):
        known = f"{mutant.id}: {mutant.change}" in EQUIVALENT
        killed += noticed is True
        if noticed is False and not known:
            survived += 1
            click.echo(f"{mutant.id}:{mutant.line}: {mutant.change}")
    click.echo(f"{killed} of {killed + survived} changes were noticed; {len(EQUIVALENT)} mean the same")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
