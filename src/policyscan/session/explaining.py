"""What `explain` does: finds a control, and how its results for one inventory came about.

In: a workspace, the ids of a control, of an inventory and perhaps of a subject. Out: the `Policy`, and an
`Account` of each result with the trace of every expression; UsageError for ids that fit nothing.
"""

from __future__ import annotations

from policyscan.cel.spelling import did_you_mean
from policyscan.documents.document import Document
from policyscan.engine.accounts import Account, accounts
from policyscan.engine.scan import name_of
from policyscan.errors import Problems, UsageError
from policyscan.policies.policy import Policy
from policyscan.records import NamedTuple
from policyscan.reporters.options import Needs
from policyscan.session.choice import choose_policies
from policyscan.session.options import Inputs
from policyscan.session.plan import make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import Workspace, use_rates

_WHOLE = Needs(evidence=True, gaps=True, accounts=True)
_WHERE = "no inventory was found at all; --file says where they lie"


def find_policies(workspace: Workspace, text: str) -> list[Policy]:
    """The controls and rules of consistency that a text names: an id or alias, a family, ids with `*` and
    `?`, or a title, in capitals or not; never an empty list."""
    known = {
        policy.id: policy
        for pack in workspace.packs
        for policy in (*pack.policies.values(), *pack.rules.values())
    }
    for pack in workspace.packs:
        if (found := pack.find(text.upper())) is not None:
            return [found]
    wanted = text.upper().rstrip(":")
    for fits in (
        lambda policy: policy.id.rpartition("-")[0] == wanted,
        lambda policy: _matches(policy.id, wanted),
        lambda policy: policy.info.title.upper() == wanted,
    ):
        if chosen := [policy for policy in known.values() if fits(policy)]:
            return chosen
    hint = did_you_mean(text.upper(), list(known)) or "see `policyscan list`"
    raise UsageError(f"there is no control {text}", hint=hint)


class Explained(NamedTuple):
    """One inventory, and an account of each result of a control for it."""

    document: Document
    accounts: list[Account]

    @property
    def name(self) -> str:
        """What people call the inventory; its id where it does not say."""
        return name_of(self.document) or self.document.id


def explain(workspace: Workspace, policy: Policy, where: str, inputs: Inputs) -> list[Explained]:
    """An account of each result of a control for `INVENTORY` or `INVENTORY/SUBJECT`; never an empty list.

    An inventory is known by its id, its name, its file, or by ids with `*` and `?`; a subject by its key, as
    headings print it, or by keys with `*` and `?`.
    """
    moment = moment_of(inputs.as_of)
    use_rates(workspace, moment)
    found, subject, reader = _documents(workspace, inputs, where, policy)
    about = [pair for pair in found if policy.about(pair[0].kind.name) is not None]
    if not about:
        document = found[0][0]
        message = f"{policy.id} is about each {policy.info.kind}, and {document.id} is a {document.kind.name}"
        raise UsageError(message, hint=f"see `policyscan list --kind {document.kind.name}`")
    settings = workspace.config._replace(ignore=())
    selected = () if policy.disputes else (policy.id,)
    choice = choose_policies(workspace._replace(config=settings), None, selected, ())
    plan = make_plan(choice, workspace, moment, _WHOLE, reader.waivers)
    explained = []
    for document, context in about:
        told = accounts(document, policy, plan, context, reader)
        told = [one for one in told if not subject or _matches(one.result.subject, subject)]
        explained += [Explained(document, told)] if told else []
    if not explained:
        raise UsageError(f"{policy.id} has no result for {where}", hint="leave the subject out to see all")
    return explained


def _matches(text: str, wanted: str) -> bool:
    """Whether a text is what is wanted, in which `*` and `?` stand for others; all else for itself."""
    if text.casefold() == wanted.casefold():
        return True
    if "*" not in wanted and "?" not in wanted:
        return False
    from fnmatch import fnmatchcase

    return fnmatchcase(text.casefold(), wanted.casefold().replace("[", "[[]"))


_Found = list[tuple[Document, list[Document]]]


def _documents(
    workspace: Workspace, inputs: Inputs, where: str, policy: Policy
) -> tuple[_Found, str, Reader]:
    """The inventories that a text names with what they refer to, and the subject that it names."""
    id_, _, subject = where.partition("/")
    reader = _reader(workspace, inputs, policy, (id_,))
    found = list(reader.documents())
    if len(found) > 1:  # a freelancer may be a client and a provider under one id
        found = [pair for pair in found if pair[0].kind.name == policy.info.kind] or found[:1]
    if found:
        return found, subject.rstrip(":"), reader
    every = _reader(workspace, inputs, policy, ())
    for pair in (read := list(every.documents())):
        if (rest := _named_by(pair[0], where)) is not None:
            found.append(pair)
            subject = rest
    if found:
        return found, subject.rstrip(":"), every
    if every.problems:
        raise Problems(every.problems)
    ids = sorted({document.id for document, _ in read})
    hint = did_you_mean(id_, ids) or (f"inventories are: {', '.join(ids)}" if ids else _WHERE)
    raise UsageError(f"there is no inventory with the id {id_}", hint=hint)


def _named_by(document: Document, where: str) -> str | None:
    """The subject in a text that names an inventory otherwise than by its id: by its name, its file, or with
    its kind as headings have it; None if it names another one."""
    names = (f"{document.id} ({document.kind.name})", name_of(document), document.file)
    for name in filter(None, names):
        begun = where[: len(name)].casefold() == name.casefold()
        if begun and where[len(name) :][:1] in ("", "/"):
            return where[len(name) + 1 :]
    id_, _, subject = where.partition("/")
    return subject if _matches(document.id, id_) else None


def _reader(workspace: Workspace, inputs: Inputs, policy: Policy, ids: tuple[str, ...]) -> Reader:
    last = (policy.info.kind,) if policy.tables or policy.uses else ()
    return Reader(workspace.kinds, find_files(inputs, workspace.config, workspace.kinds), ids, last)
