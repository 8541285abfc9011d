"""A scan from beginning to end: open the workspace, choose controls, plan, read, evaluate, report.

In: `ScanOptions`. Out: a `Report`, whose exit code is that of the command; PolicyscanError for what keeps a
scan from beginning. What is wrong with single inventories is in the report.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from policyscan.cel.clock import zones_version
from policyscan.config import Config
from policyscan.engine.moments import Moment
from policyscan.engine.plan import Plan
from policyscan.engine.projection import projector_for
from policyscan.engine.scan import report_of
from policyscan.errors import PolicyscanError, Problems, UsageError
from policyscan.files.discovery import Discovery, File
from policyscan.files.identity import Checkout
from policyscan.findings import Gate, PackInfo, Problem, Report, ScanInfo, Severity, Shard
from policyscan.policies.pack import Pack, builtin_path
from policyscan.reading.reading import reading_notes
from policyscan.session.choice import Choice, choose_policies, deprecated, last_kinds, loosened
from policyscan.session.options import ScanOptions, Spelling, StrPath, option
from policyscan.session.plan import day_of, make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.work import Unclear, Work, Worker, account, hear
from policyscan.session.workspace import (
    Workspace,
    open_store,
    open_workspace,
    pack_folders,
    shown_path,
    use_rates,
)
from policyscan.store import digest
from policyscan.version import __version__

if TYPE_CHECKING:
    from policyscan.files.revision import Revision
    from policyscan.session.kept import KeptResults
    from policyscan.session.waiver_files import WaiverFiles

_WORTH_KEEPING = 20  # files; fewer are as quickly read again


def scan(options: ScanOptions) -> Report:
    """The report on all inventories that the options name. Nothing is printed or written."""
    inputs = options.inputs
    workspace = open_workspace(
        inputs.paths, config=inputs.config, folders=options.folders, use_cache=options.cache
    )
    choice = choose_policies(
        workspace, options.profile, options.select, options.ignore, options.companions, options.spelt
    )
    moment = moment_of(inputs.as_of, options.spelt)
    files = find_files(inputs, workspace.config, workspace.kinds, options.spelt)
    if options.changed is not None:
        from policyscan.session.changed_only import only_changed

        files = only_changed(files, workspace, options)
    last, with_identity = last_kinds(choice), options.needs.identity

    def open_reader() -> Reader:
        return Reader(workspace.kinds, files, options.clients, last, identity=with_identity)

    reader = open_reader()
    check_outputs(options, reader, workspace)
    if options.shard is not None:
        files = _part(reader, options)
        reader = open_reader()
    jobs = options.jobs or workspace.config.jobs
    machines = None
    if options.engine is not None:
        machines = _machines(workspace, choice, moment, options, reader, jobs)
    kept = _kept(workspace, choice, moment, options, reader)
    try:
        report = report_on(
            reader, workspace, choice, moment, options, jobs=jobs, kept=kept, machines=machines
        )
    except Unclear:
        reader = open_reader()
        report = report_on(reader, workspace, choice, moment, options)
    check_clients(options, reader)
    return report


def report_on(
    reader: Reader,
    workspace: Workspace,
    choice: Choice,
    moment: Moment,
    options: ScanOptions,
    only: str | None = None,
    jobs: int | None = 1,
    kept: KeptResults | None = None,
    machines: Machines | None = None,
) -> Report:
    """The report on what a reader reads, or `only` on what it reads in the file that people see as this.

    With several jobs, machines or kept results, raises Unclear if one process has to read all files.
    """
    config, needs = workspace.config, options.needs
    rates = use_rates(workspace, moment)
    plan = make_plan(choice, workspace, moment, needs, reader.waivers, whole=reader.whole)

    def about() -> ScanInfo:
        return scan_info(reader, workspace, choice, moment, options, filter(None, [rates]))

    projector = projector_for(plan, reader)
    works = _works(reader, plan, options, moment, jobs, kept, machines)
    with closing(works):
        watched = _watched(works, len(reader.discovery.files), options.progress)
        report = report_of(
            account(watched, reader, plan, projector, only), plan, about, reader.all_problems, projector
        )
    return report._replace(gate=gate_of(options, config))


def _part(reader: Reader, options: ScanOptions) -> Discovery:
    """The files of the part that is asked for; UsageError where parts would not make a whole."""
    from policyscan.session.shards import files_of

    others = {"client": options.clients, "changed": options.changed is not None}
    for name in (name for name, given in others.items() if given):
        message = f"{options.spelt('shard')} is a part of everything, and {options.spelt(name)} another one"
        raise UsageError(message, hint="give one of them")
    return files_of(reader.discovery._replace(in_turn=reader.in_turn()), options.shard or (1, 1))


def scan_info(
    reader: Reader, workspace: Workspace, choice: Choice, moment: Moment, options: ScanOptions,
    notes: Iterable[str] = (),
) -> ScanInfo:  # fmt: skip
    """What a report says of what was scanned, with what and as of when, once every document has been read."""
    config, main, revision = workspace.config, workspace.packs[0], options.inputs.revision
    state = reader.checkout() if revision is None else Checkout(revision.commit, dirty=False)
    return ScanInfo(
        version=__version__,
        as_of=day_of(moment, config.time_zone),
        pack=main.name,
        pack_version=main.version,
        profile=choice.profile,
        controls=len(choice.policies),
        controls_total=choice.total,
        loosened=tuple(loosened(choice)),
        left_out=choice.left_out,
        files_read=reader.files,
        files_skipped=reader.skipped,
        notes=(
            *reading_notes(), *reader.unread(), *_elsewhere(revision, workspace, options),
            *deprecated(choice), *_deciding(config, options), *_partial(options), *notes,
        ),
        evidence=choice.evidence,
        max_taken_away=choice.max_taken_away,
        packs=tuple(map(_identified, workspace.packs)) if options.needs.identity else (),
        digests=reader.digests(),
        commit=state.commit,
        dirty=state.dirty,
        shard=_shard(reader, options),
        assigned=tuple(one.said for one in choice.assigning.assignments) if choice.assigning else (),
    )  # fmt: skip


def _shard(reader: Reader, options: ScanOptions) -> Shard | None:
    """What a part of a scan has to say to the others."""
    if options.shard is None:
        return None
    alone = (Problem(error.message, error.at, error.hint) for error in reader.for_nobody())
    return Shard(*options.shard, for_nobody=tuple(alone))


def gate_of(options: ScanOptions, config: Config) -> Gate:
    """What decides the exit code: what the caller says, else the settings."""
    severity = options.fail_on or Severity(config.fail_on or "low")
    return Gate(severity, options.fail_on_due, options.exit_zero, options.allow_unknown)


def _watched(
    works: Iterable[tuple[File, Work | str | None]], total: int, tell: Callable[[int, int], None] | None
) -> Iterator[tuple[File, Work | str | None]]:
    """The files with what each gave, of which somebody may be told how many are done."""
    for done, work in enumerate(works, 1):
        yield work
        if tell is not None:
            tell(done, total)


def _kept(
    workspace: Workspace, choice: Choice, moment: Moment, options: ScanOptions, reader: Reader
) -> KeptResults | None:
    """The results of earlier scans; None where there are none to keep, or where that does not pay."""
    few = len(reader.discovery.files) < _WORTH_KEEPING
    elsewhere = options.inputs.revision is not None
    store = None if few or elsewhere else open_store(use_cache=options.cache)
    if store is None:
        return None
    from policyscan.session.kept import KeptResults

    made_from = stands_on(workspace, choice, moment, options, reader)
    return KeptResults(store, [repr(made_from).encode("utf-8", "surrogatepass")], reader, moment)


def stands_on(
    workspace: Workspace, choice: Choice, moment: Moment, options: ScanOptions, reader: Reader
) -> dict[str, str]:
    """What results follow from besides files of inventories and the moment: in words what it is, and what
    stands for it."""
    config, waivers = workspace.config, reader.waivers
    chosen = [policy.id for policy in (*choice.every, *choice.rules)]
    said = {
        "packs of controls": [pack.digest for pack in workspace.packs],
        "choice of controls": (chosen, choice.profile, choice.evidence, choice.left_out),
        "settings": (config, use_rates(workspace, moment), _bytes_of(config.file)),
        "schemas of kinds": [_bytes_of(os.path.join(config.root, written)) for written in config.kinds],
        "files of waivers": waivers and (waivers.identities, waivers.problems, waivers.whole),
        "question": (options.needs, options.clients),
        "reader of YAML": reading_notes(),
    }
    digests = {what: digest(repr(one).encode("utf-8", "surrogatepass")) for what, one in said.items()}
    return {**digests, "release of time zones": zones_version()}


def _bytes_of(file: str | None) -> bytes:
    if file is None:
        return b""
    with open(file, "rb") as opened:
        return opened.read()


Works: TypeAlias = Generator[tuple[File, Work | str | None]]
Machines: TypeAlias = Callable[[Sequence[File], bool], Works]
"""Shares files among others, and gives each in order with what it gave, and with what it was made from where
that is asked for."""


def _works(
    reader: Reader, plan: Plan, options: ScanOptions, moment: Moment, jobs: int | None,
    kept: KeptResults | None, machines: Machines | None,
) -> Works:  # fmt: skip
    """All files in order, with what each gave before or gives elsewhere; None for those still to be read."""
    if jobs == 1 and kept is None and machines is None:
        for file in reader.in_turn():
            yield file, None
        return
    files = reader.in_turn()
    first = [file for file in files if reader.comes_first(file)]
    for file in first:
        yield file, None
    files = files[len(first) :]
    held = frozenset(file for file in files if kept.holds(file)) if kept is not None else frozenset()
    others = [file for file in files if file not in held]
    share = machines or partial(_anew, reader, plan, options, moment, jobs)
    with closing(share(others, kept is not None)) as made:
        for file in files:
            if kept is not None and file in held:
                yield file, kept.get(file)
                continue
            _, work = next(made)
            if kept is not None and isinstance(work, Work):
                kept.put(work)
            yield file, work
        next(made, None)  # what it does when all are given
    if reader.library.unclear or reader.library.context_problems:
        raise Unclear
    if kept is not None:
        kept.close()


def _anew(
    reader: Reader, plan: Plan, options: ScanOptions, moment: Moment, jobs: int | None,
    files: Sequence[File], keep: bool,
) -> Works:  # fmt: skip
    """Files with what they give in processes of their own, or in this one."""
    from policyscan.session.jobs import jobs_for, shared_out

    number = jobs_for(len(files), jobs)
    if number > 1:
        anew = partial(begin, *_plain(options, moment, reader), keep=keep)

        def continued() -> Worker:
            return Worker(reader, plan, footing=keep)

        with closing(shared_out(files, number, continued, anew, lambda news: hear(reader, news))) as shared:
            yield from shared
        return
    worker = Worker(reader.another(), plan, footing=True) if keep else None
    for file in files:
        yield file, worker.work(file) if worker is not None else None
    if worker is not None:
        hear(reader, worker.news())


def _machines(
    workspace: Workspace, choice: Choice, moment: Moment, options: ScanOptions, reader: Reader,
    jobs: int | None,
) -> Machines:  # fmt: skip
    """What shares files among the machines of a cluster; UsageError for what is none."""
    from policyscan.session.jobs import cores
    from policyscan.session.machines import Commission, address_in, installed, shared_out

    address = address_in(options.engine or "", options.spelt("engine"))
    # What stands for each input is what tells that a worker read the same.
    told = options._replace(needs=options.needs._replace(identity=True))
    stands = {**installed(), **stands_on(workspace, choice, moment, told, reader)}

    def share(files: Sequence[File], keep: bool) -> Works:
        ready = partial(begin_elsewhere, *_plain(told, moment, reader), keep=keep)
        return shared_out(files, address, jobs or cores(), reader, Commission(os.getcwd(), ready, stands))

    return share


def _plain(
    options: ScanOptions, moment: Moment, reader: Reader
) -> tuple[ScanOptions, Moment, Discovery, frozenset[str]]:
    """What `begin` is given, that any process can be sent."""
    members = frozenset(reader.library.members_of)
    return options._replace(spelt=option, progress=None), moment, reader.discovery, members


def begin(
    options: ScanOptions, moment: Moment, files: Discovery, members: frozenset[str], *, keep: bool
) -> Worker:
    """A worker in a process that begins with nothing, of plain values only.

    `members` are the files, as people see them, that may hold members of others.
    """
    return begin_elsewhere(options, moment, files, members, keep=keep)[0]


def begin_elsewhere(
    options: ScanOptions, moment: Moment, files: Discovery, members: frozenset[str], *, keep: bool
) -> tuple[Worker, dict[str, str]]:
    """The worker of `begin`, and what it stands on."""
    inputs = options.inputs
    workspace = open_workspace(
        inputs.paths, config=inputs.config, folders=options.folders, use_cache=options.cache
    )
    use_rates(workspace, moment)
    choice = choose_policies(workspace, options.profile, options.select, options.ignore, options.companions)
    last = last_kinds(choice)
    reader = Reader(workspace.kinds, files, options.clients, last, identity=options.needs.identity)
    reader.library.members_of |= members
    plan = make_plan(choice, workspace, moment, options.needs, reader.waivers)
    stands = stands_on(workspace, choice, moment, options, reader)
    return Worker(reader, plan, footing=keep), stands


def _identified(pack: Pack) -> PackInfo:
    """What a report says of a pack."""
    return PackInfo(pack.name, pack.version, shown_path(pack.folder), f"sha256:{pack.digest}")


def _deciding(config: Config, options: ScanOptions) -> Iterator[str]:
    """What a reader must know of settings that decide and that nobody who sees this folder may know of."""
    above = os.path.relpath(config.root).split(os.sep)[0] == os.pardir
    if config.file is not None and above and options.inputs.config is None:
        yield f"settings come from a folder above: {config.file}"
    if config.assign and options.profile is not None:
        given = f"{options.spelt('profile')} {options.profile}"
        yield f"{given} is asked of all clients, whatever {config.file} assigns to them"
    severity = options.fail_on or Severity(config.fail_on or "low")
    if severity is not Severity.LOW:
        by = options.spelt("fail_on") if options.fail_on else f"fail_on in {config.file}"
        least = severity if severity is Severity.CRITICAL else f"{severity} or worse"
        yield f"only what is {least} decides the exit code: {by}"


def _elsewhere(revision: Revision | None, workspace: Workspace, options: ScanOptions) -> Iterator[str]:
    """What a reader must know of files that are not in the repository at a revision."""
    if revision is None:
        return
    if revision.modules:
        named = ", ".join(revision.modules)
        yield f"the files of another repository, checked out below this one, were not read: {named}"
    from policyscan.files.discovery import lies_in
    from policyscan.files.git import Repository

    repository = Repository.around(os.getcwd(), ())
    config, own = workspace.config, os.path.realpath(builtin_path())
    for path in (*filter(None, [config.file]), *pack_folders(config, options.folders)):
        real = os.path.realpath(path)
        if repository is not None and not lies_in(real, os.path.realpath(repository.top)) and real != own:
            yield f"of no revision, and so as it is now: {shown_path(path)}"


def _partial(options: ScanOptions) -> Iterator[str]:
    """What a reader must know of a report that is not on everything."""
    if options.shard is not None:
        from policyscan.session.shards import note_of

        yield note_of(*options.shard)


def _in_use(
    workspace: Workspace, options: ScanOptions, waivers: WaiverFiles | None
) -> Iterator[tuple[str, str]]:
    """The files besides inventories that a scan stands on, and what each is."""
    config = workspace.config
    if config.file is not None:
        yield config.file, "the settings file"
    for written in config.kinds:
        yield os.path.join(config.root, written), "the schema of a kind"
    for file, _ in waivers.identities if waivers is not None else ():
        yield file.path, "a file of waivers"
    for folder in pack_folders(config, options.folders):
        for inner, _, names in os.walk(folder):
            yield from ((os.path.join(inner, n), "part of a pack of controls") for n in names if ".y" in n)


def check_outputs(options: ScanOptions, reader: Reader, workspace: Workspace) -> None:
    """UsageError for an output that would replace what the scan reads: settings, controls, an inventory, one
    that is broken too. What an earlier run wrote may be replaced."""
    for path in filter(os.path.isfile, options.outputs):
        for file, what in _in_use(workspace, options, reader.waivers):
            if os.path.exists(file) and os.path.samefile(path, file):
                message = f"{os.fspath(path)} is {what} of this scan"
                raise UsageError(message, hint="write the output to another file")
        same = (f for f in reader.present() if any(_is_same(path, one.path) for one in f.all))
        if any(reader.holds_inventory(file) for file in same) or reader.may_be_another(path):
            raise UsageError(f"{os.fspath(path)} is an inventory", hint="write the output to another file")


def _is_same(path: StrPath, other: str) -> bool:
    return os.path.exists(other) and os.path.samefile(path, other)


def check_clients(options: ScanOptions, reader: Reader) -> None:
    """UsageError for a client that was not found, or what is wrong in the files that it may be in."""
    for client in options.clients:
        if client not in reader.ids:
            broken = reader.problems
            if any(_is_of(client, one) for one in broken):
                raise Problems(broken)
            if broken:
                message = f"{options.spelt('client')} {client}: no inventory with this id could be read"
                hint = "it may be in a file that is named above, which has to be mended first"
                raise Problems([*broken, UsageError(message, hint=hint)])
            raise _no_client(client, _meant(client, sorted(reader.ids)), options.spelt)


def _is_of(client: str, problem: PolicyscanError) -> bool:
    """Whether a problem is of a file, or of a file in a folder, that is called after a client."""
    if problem.at is None:
        return False
    folder, name = os.path.split(problem.at.file)
    return client in (name.partition(".")[0], os.path.basename(folder))


def _meant(client: str, ids: Sequence[str]) -> str | None:
    """A hint that names the ids of which a word is a part, else the one that it is near; None for neither."""
    from policyscan.cel.spelling import did_you_mean

    word = client.lower().strip("*")
    holding = [one for one in ids if word and word in one]
    if not holding:
        return did_you_mean(client, ids)
    more = f" or {len(holding) - 3} more" if len(holding) > 4 else ""
    return f"did you mean {', '.join(holding[: 3 if more else 4])}{more}?"


def _no_client(client: str, hint: str | None, spelt: Spelling) -> UsageError:
    message = f"{spelt('client')} {client}: there is no inventory with this id"
    return UsageError(message, hint=hint or "ids are under organisation.id")
