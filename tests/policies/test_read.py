"""What an inventory is asked for is read by a control, a rule or the engine, or there is a reason."""

from __future__ import annotations

import sys
from pathlib import Path

from policyscan.kinds.shapes import walk
from policyscan.policies.files import read
from tests.policies.judging import KINDS, pack
from tests.policies.test_shipped import FILES

sys.path.append(str(Path(__file__).parents[2] / "docs"))
from facts import Reader

# By the name of the key, wherever it is.
EVERYWHERE = {
    "id": "it is what results and references call a thing",
    "name": "so do people",
    "text": "it is what a message says",
    "subject": "it is what a message was about, for whoever looks for it",
    "summary": "it is what a thing was, for whoever looks for it",
    "evidence": "the engine grades by it",
}
# By the kind of thing, all of its keys: the engine reads them.
BY_THE_ENGINE = {
    "calendar": "functions on hours read it",
    "evidence": "the engine grades by it",
    "statement": "the engine earns words by it",
    "provider_statement": "the engine earns words by it",
    "waiver": "the engine waives by it",
    "client": "what is left is the envelope",
    "provider": "what is left is the envelope",
    "portfolio": "what is left is the envelope, and whom it belongs to",
    "assumptions": "parameters of the controls say the same; they are for the owner's letter",
}
FORM = "one form serves clients, providers and certificates, and not every line of it matters to each"
FOR_PEOPLE = "whoever acts on a finding looks for it"
REASONS = {
    ("client", "contract", "document"): FOR_PEOPLE,
    ("client", "insurance_policy", "defence_costs"): FORM,
    ("client", "mail_filter", "product"): FOR_PEOPLE,
    ("client", "organisation", "regulated_by"): FOR_PEOPLE,
    ("client", "recommendation", "provider"): FOR_PEOPLE,
    ("client", "risk_audit", "by"): FOR_PEOPLE,
    ("client", "software", "version"): FOR_PEOPLE,
    ("client", "support_line", "on_file"): "it stands for a number that is not written into the file",
    ("client", "support_line", "out_of_hours_verified_on"): "PROV-05 does, where no inventory is",
    ("provider", "attestation", "answer"): FORM,
    ("provider", "attestation", "signed_by"): FORM,
    ("provider", "attestation", "signed_on"): FORM,
    ("provider", "attestation", "statement"): FORM,
    ("provider", "host", "kind"): FOR_PEOPLE,
    ("provider", "mail_filter", "product"): FOR_PEOPLE,
    ("provider", "own_incident", "kind"): FOR_PEOPLE,
    ("provider", "subcontract", "prime"): "messages name it",
    **{
        ("provider", "insurance_policy", field): FORM
        for field in (
            "attestations", "hotline", "waiting_period_hours",
        )
    },
}  # fmt: skip


def test_what_is_asked_is_read_or_it_is_said_why_not() -> None:
    reader = Reader(KINDS, pack())
    read_by_some: dict[tuple[str, str], set[str]] = {}
    for id_, path in FILES.items():
        file, problems = read(str(path), path.name, "rule" if id_.startswith("CONS-") else "policy")
        assert file is not None, problems
        for where, fields in reader.facts(file).items():
            read_by_some.setdefault(where, set()).update(fields)
    for kind in KINDS:  # what `x-orders` compare, CONS-89 and CONS-90 read
        for shape in (kind.shape, *(field.shape for _, field in walk(kind.shape))):
            ordered = {key for order in shape.orders for key in (order.first, *order.then)}
            read_by_some.setdefault((kind.name, shape.name), set()).update(ordered)
    unread = {
        (kind, name, field)
        for type_, (kind, name) in reader.where.items()
        if name not in BY_THE_ENGINE
        for field in type_.fields
        if field not in read_by_some.get((kind, name), ()) and field not in EVERYWHERE
    }
    assert unread == set(REASONS)


def test_a_reference_in_a_thing_of_two_kinds_leads_into_the_kind_that_is_read() -> None:
    # Clients and providers have insurances alike, each with a reference to another of its own.
    for id_ in ("INS-01", "INS-02", "INS-03"):
        policy = pack().policies[id_]
        read = {*policy.entry.sections, *(one for item in policy.require for one in item.reads.sections)}
        assert "client.insurance_policies" in read
        assert [one for one in read if one.startswith("provider.")] == []
