"""From command-line options to the objects that do the work: configuration, kinds, packs, documents."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from policyscan.config import Config, load, placed
from policyscan.documents.document import Document
from policyscan.documents.library import Library
from policyscan.documents.members import Members
from policyscan.documents.opening import says_id, says_kind
from policyscan.documents.references import wanted
from policyscan.engine.grading import merged as merge_rules
from policyscan.engine.moments import Moment, clock_at, parse_moment
from policyscan.engine.scan import Plan
from policyscan.errors import ConfigError, DocumentError, PolicyscanError, Problems, SettingError, UsageError
from policyscan.files.discovery import STDIN, STDIN_SHOWN, Discovery, File, as_source, discover
from policyscan.findings import EvidenceRule, Grade, Loosened
from policyscan.kinds.kinds import Kinds
from policyscan.policies.cache import load_cached
from policyscan.policies.pack import Pack, Said, builtin_path, choose
from policyscan.policies.policy import Policy
from policyscan.store import Store, default_folder

if TYPE_CHECKING:
    from pathlib import Path


class Workspace(NamedTuple):
    """The settings of a repository, the kinds it knows and its packs, the first being the main one."""

    config: Config
    kinds: Kinds
    packs: tuple[Pack, ...]


class Choice(NamedTuple):
    """The policies of a scan, and what a report says about how they were chosen."""

    policies: tuple[Policy, ...]
    known: Mapping[str, Policy]
    aliases: Mapping[str, str]
    profile: str
    total: int
    evidence: EvidenceRule | None = None
    left_out: tuple[str, ...] = ()


def configure(paths: Sequence[str], config: Path | None, store: Store | None = None) -> Config:
    """The configuration: the one named, else the nearest to the first path or the current folder."""
    start = next((path for path in paths if path != STDIN), ".")
    return load(start if os.path.exists(start) else ".", config, store)


def open_store(*, use_cache: bool = True) -> Store | None:
    """Where things are kept between runs; None if nothing is to be kept."""
    folder = default_folder() if use_cache else None
    return Store(folder) if folder else None


def load_kinds(config: Config, store: Store | None = None) -> Kinds:
    """The built-in kinds and those that the configuration adds."""
    kinds = Kinds.builtin(store)
    for written in config.kinds:
        kinds.load(os.path.join(config.root, written), written)
    return kinds


def open_workspace(
    paths: Sequence[str] = (),
    *,
    config: Path | None = None,
    folders: Sequence[Path] = (),
    use_cache: bool = True,
) -> Workspace:
    """Everything that does not depend on inventories; raises Problems with all that is wrong in it."""
    store = open_store(use_cache=use_cache)
    settings = configure(paths, config, store)
    kinds = load_kinds(settings, store)
    packs, problems = load_packs(settings, kinds, folders, store)
    if problems:
        raise Problems(problems)
    return Workspace(settings, kinds, packs)


def load_packs(
    config: Config, kinds: Kinds, folders: Sequence[Path], store: Store | None = None
) -> tuple[tuple[Pack, ...], list[PolicyscanError]]:
    """The built-in pack, those of the configuration and the named ones, and all that is wrong in them."""
    packs: list[Pack] = []
    problems: list[PolicyscanError] = []
    for folder in pack_folders(config, folders):
        pack, found = load_cached(
            folder, kinds, shown=shown_path(folder), overrides=config.parameters, store=store
        )
        problems.extend(found)
        if pack is not None:
            packs.append(pack)
    problems.extend(_clashes(packs))
    problems.extend(_unknown_parameters(config, packs) if not problems else [])
    return tuple(packs), placed(config, problems)


def pack_folders(config: Config, folders: Sequence[Path]) -> list[str]:
    """The folders of all packs, each once."""
    chosen = [builtin_path()] if config.builtin else []
    chosen.extend(os.path.join(config.root, written) for written in config.policies)
    chosen.extend(map(os.fspath, folders))
    return list({os.path.realpath(folder): folder for folder in chosen}.values())


def shown_path(path: str | os.PathLike[str]) -> str:
    """A path as people see it: relative to the current folder where it lies below it."""
    full, here = os.path.realpath(path), os.getcwd()
    below = full == here or full.startswith(os.path.join(here, ""))
    if not below and full == os.path.realpath(builtin_path()):
        return "policies"
    return (os.path.relpath(full, here) if below else full).replace(os.sep, "/")


def _clashes(packs: Sequence[Pack]) -> Iterator[PolicyscanError]:
    seen: dict[str, Pack] = {}
    for pack in packs:
        for id_ in (*pack.policies, *pack.aliases):
            if seen.get(id_, pack) is not pack:
                message = f"{id_} is in two packs: {seen[id_].name} and {pack.name}"
                yield ConfigError(message, hint="give your own control an id of its own")
            seen[id_] = pack


def _unknown_parameters(config: Config, packs: Sequence[Pack]) -> Iterator[PolicyscanError]:
    from policyscan.reading.suggest import did_you_mean

    known = {id_ for pack in packs for id_ in pack.policies}
    for id_ in config.parameters:
        if id_ not in known:
            hint = did_you_mean(id_, known) or "see `policyscan list`"
            message = f"parameters for {id_}, but there is no such control"
            yield SettingError(message, ("parameters", id_), misnamed=True, hint=hint)


def choose_policies(
    workspace: Workspace,
    profile: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    companions: bool | None = None,
) -> Choice:
    """The policies of a scan: the profile of the main pack and everything of local packs, or a selection.

    Without `companions` (by default as configured), those of the built-in pack are not in any profile.
    """
    config, packs = workspace.config, workspace.packs
    if not packs:
        raise ConfigError(
            "there are no policies", hint="name a folder with --policies, or keep the built-in ones"
        )
    if profile and select:
        raise UsageError("--profile and --select both choose controls", hint="give one of them")
    said = Said(
        *(
            f"--{key}" if given else key
            for key, given in zip(Said._fields, (profile, select, ignore), strict=True)
        )
    )
    select = select or (() if profile else config.select)
    ignore = ignore or config.ignore
    merged = _merged(packs)
    policies, name, problems = choose(merged, profile or config.profile, select, ignore, said)
    if problems:
        raise Problems(placed(config, problems))
    aliases = {**merged.aliases, **{id_: id_ for id_ in merged.policies}}
    with_companions = config.companions if companions is None else companions
    dropped = {} if select or with_companions else companions_of(policies, packs)
    policies = [policy for policy in policies if policy.id not in dropped]
    if not policies:
        raise ConfigError("no control is chosen", hint="see `policyscan list`")
    left_out = (*ignore, *(f"{id_} (companion)" for id_ in dropped))
    rule = _asked_of_evidence(merged, name, config)
    return Choice(tuple(policies), merged.policies, aliases, name, len(merged.policies), rule, left_out)


def _asked_of_evidence(pack: Pack, profile: str, config: Config) -> EvidenceRule | None:
    """What the profile and the configuration together ask of evidence."""
    asked = (pack.profiles[profile].evidence if profile in pack.profiles else None, config.evidence)
    return merge_rules(*(EvidenceRule(Grade(one[0]), one[1]) for one in asked if one is not None))


def companions_of(policies: Sequence[Policy], packs: Sequence[Pack]) -> dict[str, Policy]:
    """Those of the built-in policies that the source texts do not name, by id."""
    builtin = os.path.realpath(builtin_path())
    own = {id_ for pack in packs if os.path.realpath(pack.folder) == builtin for id_ in pack.policies}
    return {p.id: p for p in policies if p.id in own and p.info.origin == "companion"}


class _Together(Mapping[str, Policy]):
    """The policies of several packs by id, sorted; each is opened by its own pack."""

    def __init__(self, packs: Sequence[Pack]) -> None:
        self._packs = {id_: pack for pack in packs for id_ in pack.policies}
        self._ids = sorted(self._packs)

    def __getitem__(self, id_: str) -> Policy:
        return self._packs[id_].policies[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._packs


def _merged(packs: Sequence[Pack]) -> Pack:
    """One pack of all; policies of local packs join every profile that does not say otherwise."""
    if len(packs) == 1:
        return packs[0]
    main = packs[0]
    profiles = dict(main.profiles)
    for pack in packs:
        profiles.update({name: made for name, made in pack.profiles.items() if name not in profiles})
    local = tuple(id_ for pack in packs[1:] for id_ in pack.policies)
    for name, made in main.profiles.items():
        if made.policies is not None:
            profiles[name] = made._replace(policies=(*made.policies, *local))
    return main._replace(
        policies=_Together(packs),
        profiles=profiles,
        aliases={alias: id_ for pack in packs for alias, id_ in pack.aliases.items()},
        previews=frozenset().union(*(pack.previews for pack in packs)),
    )


def deprecated(choice: Choice) -> Iterator[str]:
    """What a report says about the policies that are to be replaced by others."""
    for policy in choice.policies:
        if policy.replaced_by:
            yield f"{policy.id} is deprecated: use {policy.replaced_by} instead"


def last_kinds(choice: Choice) -> frozenset[str]:
    """The kinds whose controls rest on what other inventories say, which must have been read by then."""
    return frozenset(policy.info.kind for policy in choice.policies if tables_of(policy, choice.known))


def tables_of(policy: Policy, known: Mapping[str, Policy]) -> bool:
    """Whether a control has tables, or one of its own kind that it asks."""
    asked = (known[used] for used in policy.uses if used in known)
    return bool(policy.tables) or any(
        other.info.kind == policy.info.kind and tables_of(other, known) for other in asked
    )


def loosened(choice: Choice) -> Iterator[Loosened]:
    """The parameters that ask for less than the pack does."""
    from policyscan.cel import to_json

    for policy in choice.policies:
        for parameter in policy.loosened:
            value = policy.parameters[parameter.name]
            yield Loosened(policy.id, parameter.name, to_json(parameter.default), to_json(value))


# --- documents


class Reader:
    """Reads the documents of a scan one by one, and keeps what is wrong with the others."""

    def __init__(
        self, kinds: Kinds, discovery: Discovery, clients: Sequence[str] = (), last: Collection[str] = ()
    ) -> None:
        """`clients` are the ids to report on, all if there are none; `last` the kinds that come last."""
        self.library = Library(kinds, discovery)
        self.last = last
        self.discovery = discovery
        self.clients = frozenset(clients)
        self.problems: list[PolicyscanError] = list(discovery.problems)
        self.skipped = discovery.led_out
        self.files = 0
        self.ids: set[str] = set()
        self._told: set[str] = set()
        self._sought: set[str] = set()
        self._referred: set[tuple[str, str]] = set()  # kind and id

    def documents(self) -> Iterator[tuple[Document, list[Document]]]:
        """Each document to report on, with those that it refers to; those that have members after them."""
        held: list[tuple[Document, list[Document]]] = []
        for file in self._in_turn():
            loaded = self.library.load(file)
            self.files += 1
            self.problems.extend(loaded.problems)
            self.skipped += loaded.skipped
            for document in loaded.documents:
                self.ids.add(document.id)
                if not self.clients or document.id in self.clients:
                    context = self.library.referenced(document)
                    self._told.add(file.shown)
                    others = wanted(document)
                    self._referred |= others
                    self._sought |= {ident for _, ident in others} - {one.id for one in context}
                    if document.kind.name in self.last:
                        self.library.expect(document)
                        held.append((document, context))
                    else:
                        yield document, context
        yield from held

    def _in_turn(self) -> list[File]:
        """The files to read: first those in folders of the kinds that have members, so that it is known who
        these are when they come by."""
        folders = [f"{os.sep}{kind}s{os.sep}" for kind in self.last]
        return sorted(self.discovery.files, key=lambda file: not any(name in file.path for name in folders))

    def is_member(self, document: Document) -> bool:
        """Whether a document may be a member of one that was held back."""
        return document.file in self.library.members_of

    def members(
        self, document: Document, has: Callable[[str, str], bool],
        take: Callable[[Document, list[Document]], None],
    ) -> Members:  # fmt: skip
        """The members of a document, as the library tells."""
        return self.library.members(document, has, take)

    def present(self) -> Iterator[File]:
        """The files to read that there are; standard input is none."""
        return (file for file in self.discovery.files if file.text is None and os.path.exists(file.path))

    def holds_inventory(self, file: File) -> bool:
        """Whether a file is an inventory, or may be one once it is mended."""
        loaded = self.library.load(file)
        return bool(loaded.documents or loaded.problems)

    def unread(self) -> Iterator[str]:
        """What was passed over without a look, for someone who wonders where an inventory is."""
        count = self.discovery.ignored
        if count == 1:
            yield "a file or folder that a .gitignore excludes was not read"
        elif count:
            yield f"{count} files or folders that a .gitignore excludes were not read"
        if not self.ids and not self.problems:
            yield "hidden files and folders are not read"

    def told(self) -> list[PolicyscanError]:
        """The problems to report once all documents are read, those of files read as context too.

        Where only some inventories are asked for, a file that holds none of them is no one's business, unless
        it may hold what one of them refers to, or one of them a second time.
        """
        problems = [*self.problems, *self.library.twins(), *self.library.context_problems]
        if not self.clients:
            return problems
        bad = {problem.at.file for problem in problems if problem.at is not None}
        files = (file for file in self.discovery.files if file.shown in bad)
        strangers = {file.shown for file in files if not self._concerns(file)}
        return [p for p in problems if p.at is None or p.at.file not in strangers]

    def _concerns(self, file: File) -> bool:
        if file.shown in self._told or file.shown in self.library.members_of:
            return True
        try:
            text = as_source(file).text
        except DocumentError:
            return False
        return any(ident in text for ident in self._sought) or any(
            says_id(text, ident)
            for ident in (*self.clients, *(id_ for kind, id_ in self._referred if says_kind(text, kind)))
        )


def find_files(paths: Sequence[str], config: Config, stdin_filename: str | None) -> Discovery:
    """The files that a command is about; names that people see are relative to the current folder."""
    here = os.getcwd()
    configured = [os.path.relpath(os.path.join(config.root, written), here) for written in config.inventories]
    if stdin_filename is not None and STDIN not in paths:
        raise UsageError(
            "--stdin-filename names standard input, which is not read", hint="add - to the paths"
        )
    stdin = sys.stdin.buffer.read() if STDIN in paths else None
    if stdin is not None:
        from policyscan.cli.sources import remember

        remember((stdin_filename or STDIN_SHOWN).replace(os.sep, "/"), stdin)
    return discover(paths, base=here, configured=configured, stdin=stdin, stdin_filename=stdin_filename)


def moment_of(as_of: str | None) -> Moment:
    """The moment that --as-of names, else now."""
    if as_of is not None:
        return parse_moment(as_of)
    import time

    from policyscan.cel.values import Timestamp

    return Moment(None, Timestamp(time.time_ns() // 1_000_000_000 * 1_000_000_000))


def make_plan(
    choice: Choice,
    config: Config,
    moment: Moment,
    *,
    full: bool,
    evidence: bool = True,
    gaps: bool = True,
    grades: bool = False,
) -> Plan:
    """What the engine is asked to do."""
    return Plan(
        choice.policies,
        choice.known,
        choice.aliases,
        moment,
        config.time_zone,
        full,
        evidence,
        gaps,
        grades,
        choice.evidence,
    )


def day_of(moment: Moment, zone: str) -> str:
    """The day of a scan, as reports show it."""
    return str(clock_at(moment, zone).today)


def ids_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The ids of comma-separated options: `PATCH-01,AV-01`. Raises UsageError for an option without any: an
    empty variable in a script must not choose everything."""
    texts = tuple(texts)
    if any(not text.strip(", ") for text in texts):
        message = "an option that takes ids was given none"
        raise UsageError(message, hint="give --client, --select and --ignore an id, or leave them out")
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())
