"""The report as Markdown, for a job's step summary or a comment on a pull request.

In: a report. Out: Markdown that GitHub takes: as much as a comment holds, the worst first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

from policyscan.findings import (
    FINDINGS,
    TRAITS,
    Basis,
    Report,
    Result,
    Status,
    by_document,
    score,
    unchecked,
)
from policyscan.reporters.causes import Cause, by_cause, said
from policyscan.reporters.options import Options
from policyscan.reporters.past import aged
from policyscan.reporters.since import (
    DECIDES,
    AlikeChanges,
    counted,
    first_of_each,
    made_by,
    silent_words,
    together,
)
from policyscan.reporters.wording import (
    SHOWN,
    accepted,
    asked_of,
    decides,
    grade_name,
    headline,
    inventories,
    markdown,
    named,
    next_questions,
    place,
    places,
    plural,
    proof,
    related,
    remarks,
    scope,
    scored,
    spoken,
    sums,
    taken_from,
    told_apart,
)

# GitHub drops a step summary above 1 MiB whole, and a comment above so many characters.
MOST_BYTES = 1 << 20
MOST_OF_A_COMMENT = 65_536
_QUESTIONS = 5
_CHANGES, _CHANGES_OF_A_KIND = 20, 6  # rows of what changed
_WHAT = 2_000  # characters that a row says
_ACT = (Status.ERROR, Status.FAIL, Status.DUE, Status.WARNING, Status.WAIVED)


def render(report: Report, options: Options) -> str:
    """A verdict, a table of the inventories, and one of findings for each; at most 64 KiB of UTF-8."""
    head = [*_verdict(report), *_problems(report), *_since(report), *_overview(report)]
    notes = [f"- {markdown(line)}" for line in remarks(report, since=False)]
    notes.append(f"- {markdown('; '.join(f'{what}: {said}' for what, said in proof(report.scan)))}")
    tail = ["", *notes]
    most = min(MOST_OF_A_COMMENT, MOST_BYTES - options.taken)
    room = most - _size(tail) - 200  # for the sentence about what is left out
    page = _fitting(head, room)
    if len(page) < len(head):
        cut = plural(len(head) - len(page), "line")
        page += ["", f"{cut} and all details left out: too long for a summary."]
    else:
        page += _fitting_blocks(list(_details(report, options)), room - _size(page))
        for also in (_taken(report), _related(report)):
            page += also if _size(page) + _size(also) <= room else []
    return "\n".join(page + tail) + "\n"


def _fitting_blocks(blocks: Sequence[Sequence[str]], room: int) -> list[str]:
    """The lines of the first blocks that fit into `room` bytes, and a sentence about the others."""
    lines: list[str] = []
    for number, block in enumerate(blocks):
        room -= _size(block)
        if room < 0:
            left_out = inventories(len(blocks) - number)
            return [*lines, "", f"The details of {left_out} are left out: too long for a summary."]
        lines += block
    return lines


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """As many of the lines as fit into `room` bytes."""
    kept = []
    for line in lines:
        room -= _size([line])
        if room < 0:
            break
        kept.append(line)
    return kept


def _verdict(report: Report) -> list[str]:
    count = inventories(len(report.documents))
    return [
        "## policyscan",
        "",
        f"{count} · {markdown(scope(report))}. {sums(report.documents)}",
    ]


def _problems(report: Report) -> list[str]:
    lines = []
    for problem in report.problems:
        where = f"{_code(place(problem.span))}: " if problem.span else ""
        hint = f" *{markdown(problem.hint)}*" if problem.hint else ""
        lines.append(f"- {where}{markdown(problem.message)}{hint}")
    if not report.problems:
        lines += [f"- Nothing was checked: {markdown(sentence)}." for sentence in unchecked(report)]
    return ["", "### Could not be evaluated", "", *lines] if lines else []


def _since(report: Report) -> list[str]:
    """What changed since the baseline, what decides the exit code first."""
    since = report.comparison
    if since is None:
        return []
    names = named(report.documents)
    shown = first_of_each(together(since.changes), _CHANGES, _CHANGES_OF_A_KIND)
    left = len(since.changes) - sum(one.more + 1 for one in shown)
    lines = ["", f"### What changed since {markdown(since.baseline)}", ""]
    made = f" What made it so: {markdown(by)}." if (by := made_by(since)) else ""
    lines.append(f"{markdown(counted(since))}, since {markdown(since.as_of)}.{made}")
    if shown:
        lines += [
            "",
            _row(["Now", "Inventory", "Control", "Severity", "What", "Because of"]),
            _row(["---"] * 6),
        ]
        lines += [_change(one, names) for one in shown]
    if left > 0:
        lines += ["", f"And {plural(left, 'change')} more."]
    if since.silent:
        lines += ["", "Not looked at any more:", ""]
        lines += [f"- {markdown(line)}" for line in silent_words(since.silent)]
    return [*lines, "", f"{DECIDES[0].upper()}{DECIDES[1:]}."]


def _change(one: AlikeChanges, names: Mapping[tuple[str, str], str]) -> str:
    name = names.get((one.kind, one.document), one.document)
    cells = [one.change.value, name, one.policy, one.severity.value, one.what, ", ".join(one.origins)]
    return _row(map(markdown, cells))


def _overview(report: Report) -> list[str]:
    """One row for every inventory, when there is more than one."""
    if len(report.documents) < 2:
        return []
    names = named(report.documents)
    tallies = [(document, told_apart([document])) for document in report.documents]
    shown = [status for status in SHOWN if any(tally[status] for _, tally in tallies)]
    heads = [f"{TRAITS[status].icon} {TRAITS[status].label}" for status in shown]
    away = ["Taken away"] if any(document.taken_whole for document in report.documents) else []
    lines = ["", _row(["Inventory", *heads, *away, "Score"])]
    lines.append(_row(["---", *["---:"] * (len(shown) + len(away) + 1)]))
    for document, controls in tallies:
        cells = [str(controls[status] or "") for status in shown]
        cells += [str(len(document.taken_whole) or "")] if away else []
        lines.append(_row([markdown(names[document.kind, document.id]), *cells, scored(score([document]))]))
    return lines


def _details(report: Report, options: Options) -> Iterable[list[str]]:
    """A block of lines for every inventory with something to act on, the worst first."""
    groups, names = by_document(report), named(report.documents)
    for key in sorted(names, key=lambda key: _badness(groups.get(key, ())), reverse=True):
        name, results = names[key], groups.get(key, [])
        if any(result.status in FINDINGS or result.waiver for result in results):
            yield _block(name, results, report, options)


def _badness(results: Sequence[Result]) -> tuple[int, int, int]:
    """The worst status and severity of an inventory's results, and how many have them."""
    ranks = [(result.status.rank, result.severity.rank) for result in results]
    worst = max(ranks, default=(-1, -1))
    return *worst, ranks.count(worst)


def _block(name: str, results: Sequence[Result], report: Report, options: Options) -> list[str]:
    lines = ["", f"### {markdown(name)}"]
    rows = [result for result in results if result.status in _ACT]
    if rows:
        lines += ["", _row(["Status", "Control", "Severity", "What", "Evidence", "Where"]), _row(["---"] * 6)]
        lines += [_finding(cause, report) for cause in by_cause(rows, options.source)]
    known = {result.policy for result in rows if result.status is not Status.WAIVED}
    return lines + _unknowns([result for result in results if result.status is Status.UNKNOWN], known)


def _finding(cause: Cause, report: Report) -> str:
    """One row for results that have one cause."""
    result = cause.worst
    traits = TRAITS[result.status]
    what = markdown(said(cause, headline, _WHAT))
    if result.waiver:
        what += f" ({markdown(accepted(result.waiver))})"
    if age := aged(report, result):
        what += f" ({markdown(age)})"
    cells = [f"{traits.icon} {traits.label}", markdown(result.policy), result.severity.value, what]
    return _row([*cells, _evidence(result.basis), _code(places(result))])


def _evidence(basis: Basis | None) -> str:
    """The grade of a result's evidence and its age."""
    if basis is None:
        return ""
    age = f", {plural(basis.age_days, 'day')} old" if basis.path and basis.age_days is not None else ""
    return f"{grade_name(basis.grade)}{age}"


def _unknowns(results: Sequence[Result], known: Set[str]) -> list[str]:
    """What is unknown, and what to ask; controls that are `known` to fail or be due are counted apart."""
    if not results:
        return []
    controls = {result.policy for result in results}
    lacking, others = controls - known, controls & known
    said = []
    if lacking:
        said.append(f"{plural(len(lacking), 'control')} {'lacks' if len(lacking) == 1 else 'lack'} facts")
    if others:
        above = f"{len(others)} of the controls above {'lacks' if len(others) == 1 else 'lack'}"
        said.append(f"{above} {'some' if lacking else 'facts'} too")
    lines = ["", f"{TRAITS[Status.UNKNOWN].icon} {'; '.join(said)}."]
    questions, more = next_questions(results, _QUESTIONS)
    if questions:
        lines.append("")
    for number, question in enumerate(questions, 1):
        about = "; ".join(filter(None, [asked_of(question), decides(question)]))
        lines.append(f"{number}. {markdown(question.text)} ({markdown(about)})")
    if more:
        lines += ["", f"And {plural(more, 'question')} more."]
    bare = [result for result in results if not result.gaps]
    if bare:
        lines.append("")
    lines += [f"- {markdown(r.policy)}: {markdown(headline(r))} {_code(place(r.span))}" for r in bare]
    return lines


def _taken(report: Report) -> list[str]:
    """What statements take away, and whose these are, folded up."""
    names = named(report.documents)
    lines = [
        f"- {markdown(names[document.kind, document.id])}: {markdown(away)}: {markdown(spoken(statement))}"
        for document in report.documents
        for statement, away in taken_from(document)
    ]
    if not lines:
        return []
    return ["", "<details><summary>Taken away by statements</summary>", "", *lines, "", "</details>"]


def _related(report: Report) -> list[str]:
    """The framework ids that the controls above are related to, folded up."""
    shown = {result.policy for result in report.results if result.status in FINDINGS or result.waiver}
    rows = [(p.id, related(p)) for p in report.policies if p.id in shown and p.related]
    if not rows:
        return []
    lines = [f"- {markdown(id_)} is {markdown(also)}" for id_, also in rows]
    return ["", "<details><summary>Related framework ids</summary>", "", *lines, "", "</details>"]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _code(text: str) -> str:
    """A place as code. HTML's tag, as a code span would end at a table's cell border or a backtick."""
    return f"<code>{markdown(text)}</code>"
