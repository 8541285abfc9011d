"""What the `accept` of a waiver is asked with: a control that is also met where its expression is true.

In: a workspace and the question. Out: the control, or in words what is wrong with the expression; the same
question is worked out once for a workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from policyscan.kinds.kinds import Kinds
from policyscan.policies.loading import with_acceptance
from policyscan.policies.policy import Policy
from policyscan.session.workspace import Workspace
from policyscan.waivers import matches

_asked: WeakKeyDictionary[Kinds, dict[tuple[str, ...], Policy | str]] = WeakKeyDictionary()


def accepting(
    workspace: Workspace, written: Mapping[str, Mapping[str, Any]], policy: str, requirement: str,
    expression: str,
) -> Policy | str:  # fmt: skip
    """A control, of which the requirements that a pattern names are also met where an expression is true;
    `written` are the values of parameters by control and name, as in the settings."""
    known = _asked.setdefault(workspace.kinds, {})
    parameters = written.get(policy, {})
    question = policy, requirement, expression, repr(parameters)
    if question not in known:
        known[question] = _made(workspace, parameters, policy, requirement, expression)
    return known[question]


def _made(
    workspace: Workspace, parameters: Mapping[str, Any], policy: str, requirement: str, expression: str
) -> Policy | str:
    pack = next(pack for pack in workspace.packs if policy in pack.policies)
    wanted = partial(matches, requirement)
    made, problems = with_acceptance(pack, workspace.kinds, policy, parameters, wanted, expression)
    if made is not None:
        return made
    said = (f"{one.message} ({one.hint})" if one.hint else one.message for one in problems)
    return "; ".join(dict.fromkeys(said))
