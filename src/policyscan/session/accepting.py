"""What the `accept` of a waiver is asked with: a control that is also met where its expression is true.

In: a workspace and the question. Out: the control, or in words what is wrong with the expression; the same
question is worked out once for a workspace.
"""

from __future__ import annotations

from functools import partial
from weakref import WeakKeyDictionary

from policyscan.kinds.kinds import Kinds
from policyscan.policies.loading import with_acceptance
from policyscan.policies.policy import Policy
from policyscan.session.workspace import Workspace
from policyscan.waivers import matches

_asked: WeakKeyDictionary[Kinds, dict[tuple[str, str, str], Policy | str]] = WeakKeyDictionary()


def accepting(workspace: Workspace, policy: str, requirement: str, expression: str) -> Policy | str:
    """A control, of which the requirements that a pattern names are also met where an expression is true."""
    known = _asked.setdefault(workspace.kinds, {})
    question = policy, requirement, expression
    if question not in known:
        known[question] = _made(workspace, *question)
    return known[question]


def _made(workspace: Workspace, policy: str, requirement: str, expression: str) -> Policy | str:
    pack = next(pack for pack in workspace.packs if policy in pack.policies)
    parameters = workspace.config.parameters.get(policy, {})
    wanted = partial(matches, requirement)
    made, problems = with_acceptance(pack, workspace.kinds, policy, parameters, wanted, expression)
    if made is not None:
        return made
    said = (f"{one.message} ({one.hint})" if one.hint else one.message for one in problems)
    return "; ".join(dict.fromkeys(said))
