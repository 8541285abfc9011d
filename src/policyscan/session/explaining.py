"""What `explain` does: finds a control, and how its results for one inventory came about.

In: a workspace, the ids of a control, of an inventory and perhaps of a subject. Out: the `Policy`, and an
`Account` of each result with the trace of every expression; UsageError for ids that fit nothing.
"""

from __future__ import annotations

from policyscan.documents.document import Document
from policyscan.engine.accounts import Account, accounts
from policyscan.errors import Problems, UsageError
from policyscan.policies.policy import Policy
from policyscan.reading.suggest import did_you_mean
from policyscan.reporters.options import Needs
from policyscan.session.choice import choose_policies
from policyscan.session.options import Inputs
from policyscan.session.plan import make_plan, moment_of
from policyscan.session.reader import Reader, find_files
from policyscan.session.workspace import Workspace

_WHOLE = Needs(evidence=True, gaps=True, accounts=True)
_WHERE = "no inventory was found at all; --file says where they lie"


def find_policy(workspace: Workspace, id_: str) -> Policy:
    """The control of an id or alias, or the rule of consistency, in capitals or not."""
    known: list[str] = []
    for pack in workspace.packs:
        found = pack.find(id_.upper())
        if found is not None:
            return found
        known.extend((*pack.policies, *pack.rules))
    raise UsageError(
        f"there is no control {id_}", hint=did_you_mean(id_.upper(), known) or "see `policyscan list`"
    )


def explain(workspace: Workspace, policy: Policy, where: str, inputs: Inputs) -> list[Account]:
    """An account of each result of a control for `INVENTORY` or `INVENTORY/SUBJECT`; never an empty list."""
    inventory, _, subject = where.partition("/")
    document, context, reader = _document(workspace, inputs, inventory, policy)
    if policy.about(document.kind.name) is None:
        message = f"{policy.id} is about each {policy.info.kind}, and {document.id} is a {document.kind.name}"
        raise UsageError(message, hint=f"see `policyscan list --kind {document.kind.name}`")
    settings = workspace.config._replace(ignore=())
    selected = () if policy.disputes else (policy.id,)
    choice = choose_policies(workspace._replace(config=settings), None, selected, ())
    plan = make_plan(choice, workspace.config, moment_of(inputs.as_of), _WHOLE)
    found = accounts(document, policy, plan, context, reader)
    found = [one for one in found if subject in ("", one.result.subject)]
    if not found:
        raise UsageError(f"{policy.id} has no result for {where}", hint="leave the subject out to see all")
    return found


def _document(
    workspace: Workspace, inputs: Inputs, id_: str, policy: Policy
) -> tuple[Document, list[Document], Reader]:
    kind = policy.info.kind
    files = find_files(inputs, workspace.config)
    reader = Reader(workspace.kinds, files, (id_,), (kind,) if policy.tables or policy.uses else ())
    found = list(reader.documents())
    if found:
        # A freelancer may be a client and a provider under one id.
        return *next((pair for pair in found if pair[0].kind.name == kind), found[0]), reader
    if reader.problems:
        raise Problems(reader.problems)
    known = ", ".join(sorted(reader.ids))
    hint = did_you_mean(id_, sorted(reader.ids)) or (f"inventories are: {known}" if known else _WHERE)
    raise UsageError(f"there is no inventory with the id {id_}", hint=hint)
