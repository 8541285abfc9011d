"""The HTML page: whole, reachable, honest about what it leaves out, without anything that acts."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import policyscan.reporters.html as package
from policyscan.findings import TRAITS, Gate, Report, Severity, Status, make_report
from policyscan.reporters import REPORTERS, Options
from policyscan.reporters.html.charts import bar, compared, strip
from policyscan.reporters.html.contents import page_of
from policyscan.reporters.wording import headline
from tests.reporters.reports import (
    ANTIVIRUS,
    COORDINATOR,
    ENDING,
    POLICIES,
    SCAN,
    SITUATIONS,
    WAIVED,
    document_info,
    options,
    report,
)

EVERY = pytest.mark.parametrize("situation", SITUATIONS)
_VOID = {"meta", "input", "rect", "br"}
HERE = Path(package.__file__).parent


class Page(HTMLParser):
    """The tags of a page, checked to be closed in order, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def values(self, name: str) -> list[str]:
        return [attrs[name] for _, attrs in self.tags if name in attrs]


def html(made: Report) -> str:
    return REPORTERS["html"].render(made, options(made))


def squeezed(text: str) -> str:
    return " ".join(text.split())


@EVERY
def test_a_page_is_well_formed_and_its_links_lead_somewhere(situation: str) -> None:
    page = Page(html(SITUATIONS[situation]))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in page.values("href")} <= set(ids)
    assert {one for text in page.values("aria-labelledby") for one in text.split()} <= set(ids)


@EVERY
def test_a_page_asks_for_nothing_and_holds_nothing_that_acts(situation: str) -> None:
    text = html(SITUATIONS[situation])
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in page.tags}
    assert not page.values("style") + page.values("src")
    assert "url(" not in text
    assert "@import" not in text


def test_its_own_style_is_the_only_one_that_its_policy_lets_in() -> None:
    text = html(SITUATIONS["findings"])
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text


def test_nothing_in_the_template_is_taken_for_safe() -> None:
    template = (HERE / "page.html.j2").read_text("utf-8")
    assert "|safe" not in template.replace(" ", "")
    assert "autoescape" not in template


@EVERY
def test_every_finding_is_on_the_page_with_its_place(situation: str) -> None:
    made = SITUATIONS[situation]
    said = squeezed(Page(html(made)).text)
    for result in made.results:
        assert squeezed(headline(result)) in said
        assert squeezed(f"{result.policy}") in said
    for problem in made.problems:
        assert squeezed(problem.message) in said or situation == "hostile"


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_colour_and_each_that_rows_have_a_filter(status: Status) -> None:
    style = (HERE / "page.css").read_text("utf-8")
    name = status.value.replace("_", "-")
    assert f".mark.{name}" in style
    assert f"td.{name}" in style
    assert f"#show-{name}:not(:checked)) .row.{name}" in style
    made = report(ANTIVIRUS._replace(status=status), complete=True)
    assert f'id="show-{name}"' in html(made)


def test_nothing_checked_is_no_success() -> None:
    text = Page(html(make_report(SCAN, POLICIES, [], []))).text
    assert "Nothing was checked." in text
    assert "Could not be evaluated" in text
    assert "– controls pass" in text


def test_what_statements_take_away_is_no_pass() -> None:
    made = SITUATIONS["taken"]
    cells = [
        cell.style
        for matrix in page_of(made, options(made)).matrices
        for row in matrix.rows
        for cell in row.cells
    ]
    assert cells.count("taken") == sum(len(document.taken_whole) for document in made.documents) > 0
    said = Page(html(made)).text
    for document in made.documents:
        assert all(statement.reason in said for statement in document.statements)


def test_the_worst_control_is_the_first_thing_to_do() -> None:
    high = ANTIVIRUS._replace(severity=Severity.HIGH)
    steps = page_of(report(high, COORDINATOR, complete=False), Options()).steps
    assert [step.policy for step in steps] == ["PLAN-11", "AV-01"]
    assert steps[0].text == "Name someone who works there, and a deputy."
    assert steps[0].gains == "1 control: Acme"


def test_what_ends_is_listed_by_day() -> None:
    days = page_of(report(ENDING, WAIVED, complete=False), Options()).days
    assert [day.day for day in days] == sorted(day.day for day in days)
    assert {day.policy for day in days} >= {"INS-04", WAIVED.policy}


def many(count: int, each: int) -> Report:
    results, documents = [], []
    for number in range(count):
        mine = [
            ANTIVIRUS._replace(document=f"c{number}", subject=f"lt-{one}", message=f"lt-{one} has none")
            for one in range(each)
        ]
        results += mine
        documents.append(document_info(f"c{number}", "client", f"c{number}.yaml", mine))
    return make_report(SCAN, POLICIES, documents, results)


def test_a_page_of_many_holds_the_worst_of_each_and_says_what_is_left_out() -> None:
    made = many(800, 20)
    page = page_of(made, Options())
    assert len(page.inventories) == 800
    assert all(len(one.findings) + one.left_out == 20 for one in page.inventories)
    assert all(one.findings for one in page.inventories)
    assert sum(len(one.findings) for one in page.inventories) <= 4_000
    text = html(made)
    assert len(text) < 4_000_000
    assert "15 more are left out of this page" in text
    assert text.count("<td") < 3 * 800  # a picture for each inventory, and no cell for each of its controls
    assert text.count('<svg class="strip"') == 800
    assert 'role="img" aria-label="1 fail"' in text
    assert sum(number for *_, number in page.filters) == sum(len(one.findings) for one in page.inventories)


def test_a_page_of_few_leaves_nothing_out() -> None:
    page = page_of(many(3, 20), Options())
    assert [one.left_out for one in page.inventories] == [0, 0, 0]


def test_the_exit_code_is_no_business_of_a_page() -> None:
    made = SITUATIONS["findings"]
    lenient = made._replace(gate=Gate(exit_zero=True))
    assert [one.sums for one in page_of(made, Options()).inventories] == [
        one.sums for one in page_of(lenient, Options()).inventories
    ]


def test_neighbours_of_one_style_are_one_stroke() -> None:
    made = strip(["pass", "fail", "fail", "pass", "taken"], "2 pass, 2 fail")
    assert made.width == 5
    assert dict(made.paths) == {"pass": "M0 .5h1M3 .5h1", "fail": "M1 .5h2", "taken": "M4 .5h1"}
    assert strip([], "").paths == ()


def test_each_style_of_a_strip_is_drawn() -> None:
    css = (HERE / "page.css").read_text("utf-8")
    drawn = {style for style, *_ in page_of(SITUATIONS["findings"], Options()).legend} - {"not-applicable"}
    assert [style for style in sorted(drawn) if f".strip .{style} " not in css.replace(",", " ")] == []


def test_a_bar_says_in_words_what_it_shows() -> None:
    made = bar([("pass", "pass", 3), ("fail", "fail", 1), ("due", "due", 0)])
    assert made is not None
    assert made.words == "3 pass, 1 fail"
    assert [(part.x, part.width) for part in made.parts] == [(0.0, 450.0), (450.0, 150.0)]
    assert bar([("pass", "pass", 0)]) is None


USD = {"amount": 2_000_000.0, "currency": "USD"}


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (
            {"exposure": USD, "limit": {"amount": 500_000.0, "currency": "USD"}},
            "exposure 2,000,000 USD, limit 500,000 USD",
        ),
        ({"median": "17m", "worst": "2h3m"}, "median 17m, worst 2h3m"),
        ({"median": "17m", "incidents": 4}, None),
        ({"exposure": USD, "limit": {"amount": 500_000.0, "currency": "EUR"}}, None),  # not of one measure
        ({"exposure": USD, "limit": None}, None),
        ({"a": {"amount": -1.0, "currency": "USD"}, "b": USD}, None),
        ({"a": {"amount": float("inf"), "currency": "USD"}, "b": USD}, None),
        ({"a": {"amount": "x", "currency": "USD"}, "b": USD}, None),
        ({"a": "0s", "b": "0s"}, None),
        ({"a": "", "b": "later"}, None),
        ({}, None),
    ],
)
def test_figures_of_one_measure_stand_beside_each_other(
    figures: dict[str, object], words: str | None
) -> None:
    made = compared(figures)
    assert (made.words if made else None) == words


def test_the_longest_bar_is_as_wide_as_the_picture() -> None:
    made = compared({"exposure": USD, "limit": {"amount": 500_000.0, "currency": "USD"}})
    assert made is not None
    assert [one.width for one in made.bars] == [600.0, 150.0]


def test_labels_of_all_statuses_stand_in_the_legend() -> None:
    legend = page_of(SITUATIONS["findings"], Options()).legend
    assert {label for *_, label in legend} >= {traits.label for traits in TRAITS.values()}
    assert len({letter for _, letter, _ in legend}) == len(legend)
