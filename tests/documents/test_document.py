"""A document: the way back to the file, what is blank, withheld or in the future, and references."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from policyscan.cel.values import Dangling, Date, Timestamp, Unresolved
from policyscan.documents.document import Document, Hidden
from policyscan.documents.references import link_across
from policyscan.documents.seeing import seen, without
from policyscan.kinds.kinds import Kinds
from policyscan.source import Source
from tests.opening import open_text
from tests.workshop import Open


class At(NamedTuple):
    """A clock."""

    today: Date
    now: Timestamp


def at(day: str, time: str = "23:59:59Z") -> At:
    return At(Date.parse(day), Timestamp.parse(f"{day}T{time}"))


# --- paths and places ---

NESTED = """\
tools:
  - id: lt-02
    parts:
      - {id: KB 1, active: true}
      - {id: "a[b]", active: true}
      - {id: https://x.example, active: true}
checks:
  - {tool: lt-02, done_on: 2026-01-02}
  - {hours: 3}
levels: {ground floor: low, attic: high}
codes: [a, b]
"""


def test_paths_name_items_by_their_key_and_others_by_their_index(workshop: Open) -> None:
    document = workshop(NESTED)
    value = document.value
    tool = value["tools"][0]
    assert document.path_of(value) == ""
    assert document.path_of(value, "about") == "about"
    assert document.path_of(tool) == "tools[lt-02]"
    assert document.path_of(tool, "gone") == "tools[lt-02].gone"
    assert document.path_of(tool["parts"], 0) == 'tools[lt-02].parts["KB 1"]'
    assert document.path_of(tool["parts"][1], "active") == 'tools[lt-02].parts["a[b]"].active'
    assert document.path_of(tool["parts"][2]) == "tools[lt-02].parts[https://x.example]"
    assert document.path_of(value["checks"][0], "hours") == "checks[lt-02/2026-01-02].hours"
    assert document.path_of(value["checks"][1]) == "checks[1]"
    assert document.path_of(value["checks"], 9) == "checks[9]"
    assert document.path_of(value["levels"], "attic") == "levels.attic"
    assert document.path_of(value["levels"], "ground floor") == 'levels["ground floor"]'
    assert document.path_of(value["codes"], 1) == "codes[1]"


def test_generic_paths_lead_to_the_kinds_questions(workshop: Open) -> None:
    document = workshop(NESTED)
    tool = document.value["tools"][0]
    assert document.generic_path(tool["parts"][1], "active") == "tools[].parts[].active"
    assert document.generic_path(document.value["levels"], "attic") == "levels[]"
    assert document.kind.questions["about.founded_on"] == "When was it founded?"
    assert document.kind.descriptions["people[]"] == "Somebody."


def test_keys_of_items(workshop: Open) -> None:
    document = workshop(NESTED)
    assert document.key_of(document.value["tools"][0]) == "lt-02"
    assert document.key_of(document.value["checks"][0]) == "lt-02/2026-01-02"
    assert document.key_of(document.value["checks"][1]) is None
    assert document.key_of(document.value["about"]) is None
    assert document.key_of(document.value) is None


def test_locate_gives_path_and_place_and_knows_what_is_not_its_own(workshop: Open) -> None:
    document = workshop(NESTED)
    found = document.locate(document.value["tools"][0]["parts"][0], "active")
    assert found is not None
    assert (found[0], str(found[1])) == ('tools[lt-02].parts["KB 1"].active', "w.yaml:7:28")
    assert document.locate({}, "a") is None
    assert document.locate("a") is None
    assert document.owns(document.value["tools"])
    assert not document.owns([])


def test_a_followed_reference_keeps_the_place_of_its_target(workshop: Open) -> None:
    document = workshop(NESTED)
    tool = document.value["checks"][0]["tool"]
    assert tool is document.value["tools"][0]
    assert document.path_of(tool, "id") == "tools[lt-02].id"
    assert str(document.place_of(document.value["checks"][0], "tool")) == "w.yaml:11:12"


# --- blank, missing, supplied ---


def test_a_missing_key_gets_the_meaning_of_its_absence_and_a_blank_one_does_not(workshop: Open) -> None:
    document = workshop("people:\n  - {id: a}\n  - {id: b, role: }\n  - {id: c, role: owner}\ninsured:\n")
    one, two, three = document.value["people"]
    assert (one["role"], three["role"]) == ("none", "owner")
    assert "role" not in two
    assert "insured" not in document.value
    assert document.supplied(one) == ["role"]
    assert document.supplied(two) == []
    assert document.why_unknown(two, "role") == "it is blank"
    assert document.why_unknown(one, "name") is None


def test_blank_keys_are_listed_with_their_places(workshop: Open) -> None:
    document = workshop("people:\n  - {id: b, role: }\ninsured:\n")
    assert [(issue.path, str(issue.place)) for issue in document.blanks()] == [
        ("people[b].role", "w.yaml:5:13"),
        ("insured", "w.yaml:6:1"),
    ]


def test_a_placeholder_is_a_blank_and_is_listed_with_what_was_read() -> None:
    text = "kind: client\nschema_version: 1\nas_of: 2026-10-31\norganisation: {id: a}\n"
    text += (
        "payments: {procedure: to be written}\nwaivers:\n  - {policy: AV-01, compensating: [a lock, none]}\n"
    )
    (document,) = open_text(Source("c.yaml", text), Kinds.builtin()).documents
    assert "procedure" not in document.value["payments"]
    waiver = document.value["waivers"][0]
    assert "compensating" not in waiver  # one that tells nothing makes the list say more than it does
    assert document.why_unknown(waiver, "compensating") == "'none' says nothing"
    assert [(str(issue.place), issue.path, issue.message) for issue in document.placeholders()] == [
        ("c.yaml:5:23", "payments.procedure", "'to be written' names no document: it reads as unknown"),
        ("c.yaml:7:44", "waivers[0].compensating[1]", "'none' says nothing: it reads as unknown"),
    ]


@pytest.mark.parametrize(
    ("key", "written", "message"),
    [
        ("restore_hours", "0", "0 is too little to be true: a restore takes minutes, even of a single file"),
        (
            "restore_hours",
            "0.04",
            "0.04 is too little to be true: a restore takes minutes, even of a single file",
        ),
        ("restore_hours", "0.05", None),
        ("restore_hours", "null", None),
    ],
)
def test_a_number_that_cannot_be_true_is_a_blank(key: str, written: str, message: str | None) -> None:
    text = "kind: client\nschema_version: 1\nas_of: 2026-10-31\norganisation: {id: a}\n"
    text += f"critical_systems: [{{id: s}}]\nrestore_tests: [{{system: s, {key}: {written}}}]\n"
    (document,) = open_text(Source("c.yaml", text), Kinds.builtin()).documents
    test = document.value["restore_tests"][0]
    assert document.why_unknown(test, key) == message
    assert (key in test) is (message is None)
    listed = [issue.message for issue in document.placeholders()]
    assert listed == ([f"{message}: it reads as unknown"] if message else [])


def test_a_blank_entry_of_a_mapping_makes_the_whole_mapping_unknown_and_is_listed(workshop: Open) -> None:
    document = workshop("levels: {a: low, b: }\n")
    assert "levels" not in document.value
    assert document.why_unknown(document.value, "levels") == "an entry of it is blank"
    assert [(issue.path, str(issue.place)) for issue in document.blanks()] == [("levels.b", "w.yaml:4:18")]


def test_what_a_supplied_value_points_at_is_its_object(workshop: Open) -> None:
    document = workshop("people:\n  - {id: a}\n")
    assert document.locate(document.value["people"][0], "role") == (
        "people[a].role",
        document.place_of(document.value["people"][0], "gone"),
    )


# --- money ---


def test_money_in_a_document_without_currency_is_withheld(workshop: Open) -> None:
    document = workshop("price: 5\nquotes: [1, 2]\nfee: {amount: 1, currency: EUR}\ncurrency:\n")
    assert "price" not in document.value
    assert "quotes" not in document.value
    assert document.value["fee"].currency == "EUR"
    assert document.why_unknown(document.value, "price") == "the document does not say its currency"
    assert document.why_unknown(document.value, "quotes") == "the document does not say its currency"
    assert str(document.place_of(document.value, "price")) == "w.yaml:4:8"


# --- the clock ---


def test_no_foreign_object_takes_the_place_of_one_that_has_become_money(workshop: Open) -> None:
    document = workshop("fee: {amount: 1, currency: EUR}\nquotes: [{amount: 1, currency: EUR}]\n")
    strangers = [{"amount": number} for number in range(1000)]
    assert not any(document.owns(stranger) for stranger in strangers)


def test_facts_later_than_the_clock_are_not_seen(workshop: Open) -> None:
    document = workshop(
        "people:\n  - {id: a, left_on: 2026-06-12}\n  - {id: b, left_on: null}\n"
        "opened_at: 2026-08-01T10:00:00Z\ncloses_at: 2030-01-01T00:00:00Z\n"
    )
    people = document.value["people"]
    assert seen(document, at("2026-10-31")) is document
    assert document.future_facts() == []

    view = seen(document, at("2026-06-11"))
    first, second = view.value["people"]
    assert "left_on" not in first
    assert second is people[1]  # nothing in it is hidden: it is shared
    assert "opened_at" not in view.value
    assert "closes_at" in view.value
    assert view.why_unknown(first, "left_on") == "it lies in the future: 2026-06-12 is after 2026-06-11"
    assert [(issue.path, str(issue.place)) for issue in view.future_facts()] == [
        ("people[a].left_on", "w.yaml:5:22"),
        ("opened_at", "w.yaml:7:12"),
    ]
    assert view.place_of(first, "left_on").line == 5

    assert people[0]["left_on"] == Date.parse("2026-06-12")  # others see what they saw
    assert "opened_at" in document.value
    assert document.why_unknown(people[0], "left_on") is None

    later = seen(document, at("2026-06-12"))
    assert later.value["people"] is people
    assert "opened_at" not in later.value
    assert view.value["people"][0] is first


def test_a_view_knows_its_containers_as_the_document_does(workshop: Open) -> None:
    document = workshop(
        "people: [{id: ann, left_on: 2026-06-12, boss: bob}, {id: bob, boss: ann}]\n"
        "levels: {a: low}\ncurrency:\nopened_at: 2026-08-01T10:00:00Z\n"
    )
    view = seen(document, at("2026-06-11"))
    ann, bob = view.value["people"]
    assert bob["boss"] is ann  # what refers to a copy refers to this copy, round about too
    assert ann["boss"] is bob
    assert document.value["people"][0]["boss"] is document.value["people"][1]
    assert view.parent_of(ann) is view.value["people"]
    assert view.parent_of(view.value["people"]) is view.value
    assert view.parent_of(view.value["levels"]) is view.value
    assert view.parent_of(view.value) is None
    assert view.key_in_parent(bob) == 1
    for container, path in ((ann, "people[ann]"), (bob, "people[bob]"), (view.value["levels"], "levels")):
        assert view.owns(container)
        assert view.path_of(container) == path
        assert view.section_of(container) == path.partition("[")[0]
    assert not document.owns(ann)
    assert view.is_map(view.value["levels"])
    assert [issue.path for issue in view.blanks()] == ["currency"]
    assert view.id == document.id


def test_a_view_is_made_once_for_a_moment(workshop: Open) -> None:
    document = workshop("opened_at: 2026-08-01T10:00:00Z\n")
    assert seen(document, at("2026-06-11")) is seen(document, at("2026-06-11"))
    assert seen(document, at("2026-06-11")) is not seen(document, at("2026-06-10"))


def test_what_others_refer_to_is_seen_at_the_same_moment(workshop: Open) -> None:
    shop = workshop("supplier: acme\nfee: 1\ncurrency: EUR\n")
    acme = workshop("supplier: dent\nfee: 1\ncurrency: EUR\n")
    dent = workshop("supplier: acme\nopened_at: 2026-08-01T10:00:00Z\n")
    for one, other in ((shop, acme), (acme, dent), (dent, acme)):
        link_across(one, lambda *_, other=other: other)
    now, then = at("2026-10-31"), at("2026-06-11")
    assert [seen(one, now) for one in (shop, acme, dent)] == [shop, acme, dent]
    view = seen(shop, then)
    assert view.value["supplier"] is seen(acme, then).value
    assert view.value["supplier"]["supplier"] is seen(dent, then).value
    assert view.value["supplier"]["supplier"]["supplier"] is view.value["supplier"]
    assert "opened_at" not in seen(dent, then).value
    assert "opened_at" in shop.value["supplier"]["supplier"]
    assert seen(acme, then).owns(view.value["supplier"])
    assert not view.owns(view.value["supplier"])


def test_an_item_is_called_the_same_when_a_part_of_its_key_is_hidden(workshop: Open) -> None:
    document = workshop("tools: [{id: t}]\nchecks: [{tool: t, done_on: 2026-05-01, hours: 3}]\n")
    view = seen(document, at("2026-01-01"))
    check = view.value["checks"][0]
    assert "done_on" not in check
    assert view.path_of(check, "hours") == "checks[t/2026-05-01].hours"


@pytest.mark.parametrize(("time", "visible"), [("09:59:59Z", False), ("10:00:00Z", True)])
def test_instants_are_compared_with_now(workshop: Open, time: str, visible: bool) -> None:
    document = workshop("opened_at: 2026-08-01T12:00:00+02:00\n")
    assert ("opened_at" in seen(document, at("2026-08-01", time)).value) is visible


# --- facts that somebody withholds ---


def hidden(document: Document, path: str, reason: str = "it is in dispute") -> Hidden:
    """A fact by its path, with a dot before each step."""
    container: Any = document.value
    *above, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in above:
        container = container[step]
    return Hidden(container, last, reason)


def test_a_view_leaves_out_what_is_withheld_and_says_why(workshop: Open) -> None:
    document = workshop(NESTED)
    (view,) = without([document], [hidden(document, "tools.0.parts.0.active", "nobody stands behind it")])
    part = view.value["tools"][0]["parts"][0]
    assert "active" not in part
    assert view.why_unknown(part, "active") == "nobody stands behind it"
    assert view.path_of(part, "active") == 'tools[lt-02].parts["KB 1"].active'
    assert view.place_of(part, "active").line == 7
    assert view.value["checks"][0]["tool"] is view.value["tools"][0]  # what refers to it refers to the view
    assert view.value["levels"] is document.value["levels"]
    assert document.value["tools"][0]["parts"][0]["active"] is True
    assert view.future_facts() == []


def test_where_nothing_is_withheld_nothing_is_copied(workshop: Open) -> None:
    one, other = workshop(NESTED), workshop(NESTED)
    assert without([one, other], []) == [one, other]
    first, second = without([one, other], [hidden(other, "levels")])
    assert first is one
    assert second is not other


@pytest.mark.parametrize(("path", "gone"), [("codes.1", "codes"), ("levels.attic", "levels")])
def test_an_item_of_a_list_or_map_takes_all_of_it_along(workshop: Open, path: str, gone: str) -> None:
    document = workshop(NESTED)
    (view,) = without([document], [hidden(document, path)])
    assert gone not in view.value
    assert view.why_unknown(view.value, gone) == "it is in dispute"


def test_what_is_withheld_in_another_document_is_gone_for_those_who_look_with_it(workshop: Open) -> None:
    shop = workshop("supplier: acme\nfee: 1\ncurrency: EUR\n")
    acme = workshop("supplier: dent\nfee: 1\ncurrency: EUR\n")
    dent = workshop("supplier: acme\nfee: 2\ncurrency: EUR\n")
    for one, other in ((shop, acme), (acme, dent), (dent, acme)):
        link_across(one, lambda *_, other=other: other)
    mine, theirs = without([shop, acme], [hidden(dent, "fee")])
    assert mine.value["supplier"] is theirs.value
    assert "fee" not in mine.value["supplier"]["supplier"]
    assert mine.value["supplier"]["supplier"]["supplier"] is theirs.value
    assert "fee" in shop.value["supplier"]["supplier"]
    assert without([shop], [])[0].value["supplier"]["supplier"]["fee"].amount == 2


def test_views_of_views_hide_what_both_hide(workshop: Open) -> None:
    shop = workshop("supplier: acme\nfee: 1\ncurrency: EUR\nopened_at: 2026-08-01T10:00:00Z\n")
    acme = workshop("fee: 1\ncurrency: EUR\nopened_at: 2026-08-01T10:00:00Z\n")
    link_across(shop, lambda *_: acme)
    then = at("2026-06-11")
    earlier = [seen(shop, then), seen(acme, then)]
    (shop_fee,) = [hidden(earlier[0], "fee", "first")]
    once = without(earlier, [shop_fee])
    twice = without(once, [hidden(once[1], "fee", "second"), hidden(once[0], "supplier.currency")])
    mine, theirs = twice
    assert mine.value["supplier"] is theirs.value
    assert not {"fee", "opened_at"} & mine.value.keys()
    assert not {"fee", "opened_at", "currency"} & theirs.value.keys()
    assert mine.why_unknown(mine.value, "fee") == "first"
    assert theirs.why_unknown(theirs.value, "fee") == "second"
    assert [issue.path for issue in mine.future_facts()] == ["opened_at"]
    assert "fee" in once[1].value
    assert "fee" in earlier[0].value
    again = seen(without([shop], [hidden(shop, "fee")])[0], then)
    assert not {"fee", "opened_at"} & again.value.keys()
    assert "opened_at" not in again.value["supplier"]


def test_a_fact_of_no_document_is_an_error_of_the_caller(workshop: Open) -> None:
    document = workshop(NESTED)
    with pytest.raises(ValueError, match="none of these documents"):
        without([document], [Hidden({"a": 1}, "a", "it is in dispute")])


# --- references ---


def test_references_become_their_targets(workshop: Open) -> None:
    document = workshop(
        "people: [{id: ann, boss: bob}, {id: bob, boss: bob}]\n"
        "tools: [{id: t, helpers: [{id: zed}]}]\n"
        "checks: [{by: ann}, {by: zed}, {by: null}, {tool: t}]\n"
    )
    ann, bob = document.value["people"]
    assert ann["boss"] is bob
    assert bob["boss"] is bob
    checks = document.value["checks"]
    assert checks[0]["by"] is ann
    assert checks[1]["by"] is document.value["tools"][0]["helpers"][0]
    assert checks[2]["by"] is None
    assert checks[3]["tool"] is document.value["tools"][0]
    assert document.issues == []


def test_a_dangling_reference_is_an_issue_and_reads_as_absent(workshop: Open) -> None:
    document = workshop("people: [{id: ann}]\ntools: []\nchecks:\n  - {by: anne}\n")
    assert isinstance(document.value["checks"][0]["by"], Dangling)
    (issue,) = document.issues
    assert issue.message == "nothing in people or tools[].helpers has the id anne"
    assert (str(issue.place), issue.path, issue.hint) == ("w.yaml:7:10", "checks[0].by", "did you mean ann?")


def test_a_document_that_is_wrong_all_over_gets_all_issues_but_not_all_guesses(workshop: Open) -> None:
    people = "".join(f"  - {{id: p{n}, boss: q{n}}}\n" for n in range(200))
    issues = workshop(f"people:\n{people}").issues
    assert len(issues) == 200
    assert (issues[0].hint, issues[-1].hint) == ("add it to people, or correct the id",) * 2


def test_a_reference_into_an_empty_or_null_list_dangles(workshop: Open) -> None:
    document = workshop("tools: []\nchecks: [{tool: t}]\n")
    assert isinstance(document.value["checks"][0]["tool"], Dangling)
    assert document.issues[0].hint == "add it to tools, or correct the id"


@pytest.mark.parametrize(
    "text",
    [
        "checks: [{tool: t}]\n",
        "tools:\nchecks: [{tool: t}]\n",
        "tools: []\nchecks: [{by: ann}]\n",
        "people: []\nchecks: [{by: ann}]\n",
        "people: []\ntools: [{id: t}]\nchecks: [{by: ann}]\n",
    ],
    ids=["missing", "blank", "one of two missing", "outer list missing", "inner list missing"],
)
def test_a_reference_into_a_list_that_is_not_known_is_unresolved(workshop: Open, text: str) -> None:
    document = workshop(text)
    check = document.value["checks"][0]
    assert isinstance(check.get("tool", check.get("by")), Unresolved)
    assert document.issues == []


def test_a_reference_to_a_document_that_is_not_there_is_unresolved(workshop: Open) -> None:
    document = workshop("supplier: acme\ncustomer: dent\n")
    assert isinstance(document.value["supplier"], Unresolved)
    assert document.value["customer"] == "dent"  # an identity only: never followed
    assert document.issues == []
