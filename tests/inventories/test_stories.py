"""What the shipped inventories tell: the status of every control for each, as of the day of their facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyscan.documents.document import Document
from policyscan.documents.references import link_across
from policyscan.engine.moments import parse_moment
from policyscan.engine.plan import Plan
from policyscan.engine.projection import projector_for
from policyscan.engine.scan import scan_document
from policyscan.findings import Result, Status
from policyscan.policytest.runner import Beside
from tests import shipped
from tests.policies.judging import pack

ROOT = Path(__file__).parents[2] / "inventories"
AS_OF = parse_moment("2026-10-31")  # the day of every shipped inventory's facts

# Controls that do not pass, by inventory and status; those about time as of 2026-10-31.
STORIES: dict[str, dict[str, str]] = {
    "clients/alder-finch.yaml": {
        "fail": "PLAN-05 PLAN-08",
        "not_applicable": "GOV-03 INS-04 PROV-04 PROV-05",
    },
    "clients/corner-oven.yaml": {
        "fail": """ACC-01 PATCH-02 PLAN-01 PLAN-02 PLAN-03 PLAN-05 PLAN-06 PLAN-11 REC-01 REC-02
            SLA-01 SLA-05 TRAIN-01 WEB-01""",
        "unknown": """ACC-02 ACC-03 AV-01 AV-02 BRIEF-01 BRIEF-03 BUD-01 BUD-02 BUD-03 BUD-04 DEV-01
            GOV-01 GOV-02 INS-02 INS-03 INS-05 INS-06 LOG-01 LOG-02 LOG-03 MAIL-01 PATCH-01 PAY-01
            PLAN-08 PLAN-09 PROV-01 PROV-02 PROV-03 PROV-08 REC-03 RISK-01 RISK-02 RISK-03
            RISK-04 RISK-05 RISK-06 RISK-07 TEN-01 TEN-02 TEN-03 TEN-04 TRAIN-02""",
        "due": "INS-01",
        "not_applicable": """GOV-03 INS-04 PLAN-04 PLAN-07 PLAN-10 PROV-04 PROV-05 SLA-02 SLA-03 SLA-04
""",
    },
    "clients/elm-vets.yaml": {
        "fail": """BRIEF-01 BRIEF-03 BUD-01 BUD-02 BUD-03 BUD-04 DOC-WAIVER GOV-01 GOV-02 GOV-03
            PROV-01 PROV-03 PROV-08 REC-03 RISK-03 RISK-04 RISK-05 RISK-06 RISK-07 TRAIN-01
            TRAIN-02""",
        "unknown": """ACC-01 ACC-02 ACC-03 AV-01 AV-02 DEV-01 INS-01 INS-02 INS-03 INS-05 INS-06 LOG-01
            LOG-02 LOG-03 MAIL-01 PATCH-01 PATCH-02 PAY-01 PLAN-01 PLAN-02 PLAN-03 PLAN-04
            PLAN-05 PLAN-06 PLAN-07 PLAN-08 PLAN-09 PLAN-10 PLAN-11 PROV-02 REC-01 REC-02
            SLA-01 SLA-02 SLA-03 SLA-04 SLA-05 TEN-01 TEN-02 TEN-03 TEN-04""",
        "not_applicable": "INS-04 PROV-04 PROV-05 WEB-01",
    },
    "clients/harrow-joinery.yaml": {
        "fail": "AV-02 BUD-03 BUD-04 LOG-03 PAY-01 RISK-06 RISK-07",
        "warning": "GOV-02 PLAN-07",
        "due": "DOC-WAIVER GOV-03 PATCH-02",
        "waived": "PLAN-04",
        "not_applicable": """BRIEF-01 BRIEF-03 GOV-01 INS-01 INS-02 INS-03 INS-04 INS-05 INS-06 LOG-02 PLAN-05
            PLAN-08 PLAN-09 PROV-01 PROV-02 PROV-03 PROV-04 PROV-05 PROV-08 RISK-02 RISK-04
            RISK-05 SLA-01 SLA-02 SLA-03 SLA-04 SLA-05 TEN-01 TEN-02 TEN-03 TEN-04 WEB-01""",
    },
    "clients/mika-lind.yaml": {
        "fail": """BRIEF-01 BUD-03 BUD-04 INS-01 LOG-03 PAY-01 PLAN-01 PLAN-02 PLAN-03 PLAN-05 PLAN-06
            PLAN-11 REC-02 RISK-03 RISK-07 SLA-05 TRAIN-01 TRAIN-02""",
        "warning": "GOV-02",
        "unknown": "PROV-03",
        "not_applicable": """AV-01 AV-02 BRIEF-03 BUD-01 BUD-02 GOV-01 GOV-03 INS-02 INS-03 INS-04 INS-06
            LOG-01 LOG-02 MAIL-01 PLAN-04 PLAN-07 PLAN-08 PLAN-09 PLAN-10 PROV-02 PROV-04
            PROV-05 PROV-08 RISK-02 RISK-04 RISK-05 RISK-06 SLA-01 SLA-02 SLA-03 SLA-04
            TEN-01 TEN-02 TEN-03 TEN-04""",
    },
    "clients/northgate-dental/client.yaml": {
        "fail": """ACC-01 ACC-02 ACC-03 AV-01 AV-02 BUD-03 BUD-04 CONS-59 DEV-01 GOV-01 INS-02 INS-03
            INS-06 LOG-01 LOG-02 LOG-03 MAIL-01 PATCH-01 PATCH-02 PAY-01 PLAN-02 PLAN-03 PLAN-04
            PLAN-05 PLAN-06 PLAN-08 PLAN-09 PLAN-10 PLAN-11 PROV-02 PROV-03 PROV-08 REC-02 REC-03
            RISK-01 RISK-02 RISK-04 RISK-05 RISK-07 SLA-01 SLA-02 SLA-03 SLA-04 SLA-05 TEN-01 TEN-02
            TEN-03 TEN-04 TRAIN-01 WEB-01""",
        "warning": "GOV-02 PLAN-07",
        "unknown": "RISK-03",
        "not_applicable": "INS-04 PROV-04 PROV-05",
    },
    "clients/ridge-dental.yaml": {
        "unknown": """ACC-01 ACC-02 ACC-03 AV-01 AV-02 BRIEF-01 BRIEF-03 BUD-01 BUD-02 BUD-03 BUD-04
            DEV-01 GOV-01 GOV-02 INS-03 INS-06 LOG-01 LOG-02 LOG-03 MAIL-01 PATCH-01
            PATCH-02 PAY-01 PLAN-01 PLAN-02 PLAN-03 PLAN-04 PLAN-05 PLAN-06 PLAN-07 PLAN-08
            PLAN-09 PLAN-10 PLAN-11 PROV-01 PROV-02 PROV-03 PROV-08 REC-01 REC-02 REC-03
            RISK-01 RISK-02 RISK-03 RISK-04 RISK-05 RISK-06 RISK-07 SLA-01 SLA-02 SLA-03
            SLA-04 SLA-05 TEN-01 TRAIN-01 TRAIN-02 WEB-01""",
        "due": "INS-02",
        "not_applicable": "GOV-03 INS-04 PROV-04 PROV-05",
    },
    "portfolios/bright-harbor.yaml": {
        "fail": "PORT-02 PORT-03 PORT-04",
        "unknown": "PORT-01",
    },
    "portfolios/granite-peak.yaml": {},
    "portfolios/lakeside-brokers.yaml": {
        "fail": "PORT-01 PORT-02 PORT-03 PORT-04",
    },
    "portfolios/mika-lind.yaml": {
        "not_applicable": "PORT-01 PORT-02 PORT-03 PORT-04",
    },
    "providers/bright-harbor.yaml": {
        "fail": "CONS-60 INS-07 PROV-04 PROV-05 PROV-06 PROV-07 PROV-09 PROV-10",
        "warning": "INS-05",
        "unknown": "INS-04",
    },
    "providers/example-cloud.yaml": {
        "unknown": "BRIEF-02 INS-04 INS-05 INS-07 PROV-05 PROV-06 PROV-07 PROV-10",
        "not_applicable": "PROV-04 PROV-09",
    },
    "providers/example-ledger.yaml": {
        "unknown": "BRIEF-02 INS-04 INS-05 INS-07 PROV-05 PROV-06 PROV-07 PROV-10",
        "not_applicable": "PROV-04 PROV-09",
    },
    "providers/granite-peak.yaml": {
        "unknown": "INS-04",
        "not_applicable": "INS-07",
    },
    "providers/mika-lind.yaml": {
        "fail": "BRIEF-02 INS-04 INS-07 PROV-04 PROV-06 PROV-09",
        "not_applicable": "INS-05 PROV-05 PROV-07 PROV-10",
    },
}


def read(name: str) -> Document:
    return shipped.document(name)


def results(name: str) -> list[Result]:
    """Every result of an inventory, as a scan gives them: with waivers and what is due."""
    document = read(name)
    others = [read(other) for other in shipped.EVERY]
    providers = {one.id: one for one in others if one.kind.name == "provider"}
    for one in (document, *others):
        link_across(one, lambda kind, id_: providers.get(id_) if kind == "provider" else None)
    policies = pack().policies
    plan = Plan(
        list(policies.values()), policies, {id_: id_ for id_ in policies}, AS_OF, full=True,
        rules=tuple(pack().rules.values()),
    )  # fmt: skip
    beside = list(providers.values())
    return scan_document(document, plan, beside, projector_for(plan, Beside(others))).results


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    worst: dict[str, Status] = {}
    for result in results(name):
        worst[result.policy] = max(worst.get(result.policy, result.status), result.status)
    told: dict[str, list[str]] = {}
    for policy, status in sorted(worst.items()):
        if status is not Status.PASS:
            told.setdefault(status.value, []).append(policy)
    assert told == {status: sorted(ids.split()) for status, ids in STORIES[name].items()}


def test_every_inventory_has_its_story() -> None:
    assert set(STORIES) == set(shipped.EVERY)


# What is a warning everywhere, as nothing worse is wrong with it in any of them.
ONLY_WARNED = {("INS-05", "fail"), ("PLAN-07", "fail")}
# Nobody whom a plan or a desk rests on has given notice in any of them, nor been given it; the cases of these
# controls have it.
NOBODY_LEAVES = {
    ("PLAN-03", "due"), ("PLAN-06", "due"), ("PLAN-11", "due"), ("PROV-04", "due"), ("PROV-05", "due"),
}  # fmt: skip


def test_every_status_of_every_control_is_shown_somewhere() -> None:
    seen = {(r.policy, r.status.value) for name in STORIES for r in results(name)}
    expected = set()
    for policy in pack().policies.values():
        expected |= {(policy.id, status) for status in ("pass", "fail", "unknown")}
        if policy.when or policy.applies or any(item.when for item in policy.require):
            expected.add((policy.id, "not_applicable"))
        if any(item.notice_days for item in policy.require):
            expected.add((policy.id, "due"))
    assert expected - seen == ONLY_WARNED | NOBODY_LEAVES
