"""What only fills a space tells nothing; what merely sounds like it is a name."""

from __future__ import annotations

import pytest

from policyscan.fillers import SAYS, is_placeholder

FILLERS = (
    "tbd", "TBD", "T.B.D.", "tba", "tbc", "n/a", "N/A.", "n/a (TBD)", "none", "None", "NIL", "-",
    "--", "…", "...", "???", "xxx",
    "XX xx", "to be written", "To be confirmed!", "(to be done)", "to be written by Friday",
    "still to be agreed", "not yet", "not yet signed", "not signed", "not available", "unknown",
    "pending", "Pending …",
    "draft", "TODO", "todo: fill in", "WIP", "work in progress", "asap", "see above", "as above",
    "lorem ipsum dolor sit",
    "<name>", "[company]", "{{ client.name }}", "Crisis plan of <company name>", "${DOCUMENT}",
    "ｔｂｄ", "t\u200bbd",
    "keine", "noch offen", "folgt", "à définir", "en cours", "pendiente",
    "por definir", "da definire", "nog te bepalen", "n.v.t.", "0", "0000", "12345", "placeholder",
    "sample", "on request",
)  # fmt: skip
TO_COME = (
    "not installed yet", "Not bought yet", "to be installed", "planned", "Planned for March 2027",
    "planned (Q1)", "coming soon", "EDR coming soon", "awaiting delivery", "waiting for the budget",
    "waiting for approval by Lena", "on order", "ordered", "scheduled for 2026-11-12", "expected next week",
    "Sophos (planned)", "Example EDR - to be installed", "Example EDR, not installed yet",
    "Example EDR (ordered, expected in May)", "no antivirus", "no product yet", "no contract",
    "none installed", "noch nicht installiert", "Virenschutz noch nicht gekauft", "geplant",
    "geplant für Mai", "in Planung", "wird noch installiert", "bestellt", "in Kürze", "kein Virenschutz",
    "pas encore installé", "à installer", "bientôt", "prévu pour mars", "en attente de livraison",
    "aún no instalado", "todavía no", "por instalar", "pendiente de compra", "próximamente",
    "non ancora installato", "da installare", "in attesa di consegna", "previsto", "nog niet geïnstalleerd",
    "nog te installeren", "gepland", "binnenkort", "ainda não instalado", "em breve", "jeszcze nie",
    "planerad",
    "to be rolled out", "EDR in procurement", "licence being installed",
)  # fmt: skip
PRESENT = (
    "Planned Parenthood", "Soon & Sons", "Not Yet Begun Films", "No Limit GmbH", "Signed agreement",
    "Signed order", "Approved budget 2026", "Pending Pictures", "Expected Ltd", "Sophos (managed)",
    "Example EDR, version 4", "Order 4711 (signed 2026-03-01)", "Boyd, Lena", "Duty desk (24x7)", "May",
    "Next GmbH", "Norton 360", "Malwarebytes - Business", "Per Se", "Nog", "Plan B",
    "Waiting room 2, first drawer", "Budget 2027 (planned)", "Haushalt 2027 - geplant",
)  # fmt: skip
NAMES = (
    "None Such Ltd", "Pending Pictures", "Draft House Brewery", "Test Valley Borough Council",
    "The IT", "Unknown Worlds",
    "TBD Media GmbH", "Crisis plan 2026, version 2", "draft of the crisis plan, 2026-03.docx",
    "Minutes of 3 May",
    "at home", "safe in the office", "here", "<https://wiki.example/plan>", "[Plan 2026]",
    "CY-EXAMPLE-777", "BB-22", "9", "d",
    "None of the above applies: the vendor restores", "Ana Cruz", "N. A. Nilsson", "Nada Surf",
    "已签", "Agreement", "ISO 27001", "To be or not to be", "Not Yet Begun Films",
)  # fmt: skip


@pytest.mark.parametrize("number", range(len(FILLERS)))
def test_what_only_fills_a_space_tells_nothing(number: int) -> None:
    told = [what for what in SAYS if not is_placeholder(FILLERS[number], what)]
    assert told in ([], ["phone"] if FILLERS[number] == "12345" else []), FILLERS[number]


@pytest.mark.parametrize("number", range(len(TO_COME)))
def test_what_is_to_come_is_not_there(number: int) -> None:
    told = [
        what for what in ("document", "name", "person", "place") if not is_placeholder(TO_COME[number], what)
    ]
    assert told == [], TO_COME[number]


@pytest.mark.parametrize("number", range(len(PRESENT)))
def test_a_name_may_have_such_words(number: int) -> None:
    found = [
        what
        for what in ("document", "name", "person", "place", "text")
        if is_placeholder(PRESENT[number], what)
    ]
    assert found == [], PRESENT[number]


@pytest.mark.parametrize(
    "text",
    [
        "Not all laptops are encrypted yet",
        "Noch nicht alle Laptops sind verschlüsselt",
        "Waiting for a call, the desk misses mail",
        "The backup of mail is not isolated yet",
        "Backup (planned for May) does not hold the scanner's folder",
    ],
)
def test_findings_and_reasons_may_tell_of_what_is_to_come(text: str) -> None:
    assert not is_placeholder(text, "text")
    assert not is_placeholder(text, "reason")


SAID = (
    "telephone call with sales", "Phone call with Granite Peak", "what they told us on the telephone",
    "by telephone, 4 May", "they promised us so", "Telefonat mit dem Vertrieb", "telefonisch zugesagt",
    "appel téléphonique avec le support", "por teléfono", "telefonata con il fornitore",
    "verbal assurance", "conversation with sales",
)  # fmt: skip
KEPT = (
    "Minutes of the phone call of 4 May", "call-with-sales.pdf", "Telephone list 2026", "Phone tree",
    "Notiz zum Telefonat", "Confirmation by telephone and letter", "Oral surgery contract",
    "Telephony agreement", "Trust portal", "Statement that they told us of", "Call-out plan",
)  # fmt: skip


READ = (
    "Minutes of the meeting, 4 May", "meeting with the provider", "contract", "Interview with sales",
    "Exported questionnaire", "CSV of the self-assessment", "Minutes of the meeting, exported", "Vertrag",
)  # fmt: skip
LISTED = (
    "Teams meeting attendance report", "Export of the contract database", "contracts.csv",
    "Export der Rechnung aus dem Buchhaltungsprogramm", "restore log",
)  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_what_is_read_or_asked_is_no_test(text: str) -> None:
    assert is_placeholder(text, "test")
    assert not is_placeholder(text, "document")


@pytest.mark.parametrize("text", LISTED)
def test_a_list_that_a_tool_made_of_what_is_read_may_be_one(text: str) -> None:
    assert not is_placeholder(text, "test")


@pytest.mark.parametrize("name", ["April Due", "May Pending", "June Soon"])
def test_people_are_called_after_months(name: str) -> None:
    assert not is_placeholder(name, "person")
    assert is_placeholder(name, "name")


@pytest.mark.parametrize("text", SAID)
def test_what_was_said_is_no_document_and_no_test(text: str) -> None:
    assert is_placeholder(text, "document")
    assert is_placeholder(text, "test")
    assert not is_placeholder(text, "name")


@pytest.mark.parametrize("number", range(len(KEPT)))
def test_what_was_written_down_of_it_is_one(number: int) -> None:
    assert not is_placeholder(KEPT[number], "document"), KEPT[number]


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_what_has_another_word_is_a_name(number: int) -> None:
    found = [
        what
        for what in ("document", "name", "person", "place", "text")
        if is_placeholder(NAMES[number], what)
    ]
    assert not found, NAMES[number]


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("document", "verbal"), ("document", "Oral agreement"), ("document", "by word of mouth"),
        ("document", "unwritten"),
        ("person", "Voicemail"), ("person", "Answering machine"), ("person", "nobody"), ("person",
        "vacant"),
        ("person", "new hire"), ("person", "Vacancy 1 (advertised)"), ("person", "Second technician, vacant"),
        ("person", "offene Stelle"), ("person", "poste à pourvoir"), ("place", "nowhere"),
        ("phone", "ask Lena"), ("phone", "on the intranet"), ("phone", "111"),
    ],
)  # fmt: skip
def test_some_words_tell_nothing_of_this_in_particular(what: str, text: str) -> None:
    assert is_placeholder(text, what)
    assert text.isdigit() or not is_placeholder(text, "text")


@pytest.mark.parametrize(
    "text", ["+1-303-555-0142", "0800 12345", "+49 (0)30 901820", "1-800-FLOWERS", "911"]
)
def test_a_number_has_digits(text: str) -> None:
    assert not is_placeholder(text, "phone")


@pytest.mark.parametrize(
    "reason",
    [
        *("n/a", "N/A.", "-", "tbd", "TBD", "none", "x", "xxx", "XX xx", "not applicable", "to be confirmed"),
        *(
            "???",
            "1",
            "2026",
            "aaaa",
            "see above",
            "ok",
            "_",
            "no reason",
            "test",
            "because",
            "it is what it is",
        ),
    ],
    ids=[str(number) for number in range(22)],
)
def test_what_fills_in_a_form_is_no_reason(reason: str) -> None:
    assert is_placeholder(reason, "reason")


@pytest.mark.parametrize(
    "reason",
    ["Wiped", "Not ours", "see ticket 4711", "Stillgelegt", "已报废", "The X1 is retired", "none left: sold"],
)
def test_a_few_words_may_be_a_reason(reason: str) -> None:
    assert not is_placeholder(reason, "reason")
