"""policyscan.yaml: what it may say, and where it is found."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from policyscan.config import Config, ExchangeRates, find_root, load
from policyscan.errors import ConfigError, DocumentError, PolicyscanError, Problems
from policyscan.store import Store


@pytest.fixture(autouse=True)
def inside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def write(folder: Path, text: str, name: str = "policyscan.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


RATES = "exchange_rates: {as_of: 2026-10-30, source: ECB, currency: USD, rates: {EUR: 1.08}}\n"


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("profil: essentials\n", 1, "unknown key 'profil'", "profile"),
        ("fail_on: hgh\n", 1, '"hgh" is not allowed', "high"),
        ("time_zone: Mars/Olympus\n", 1, "not a time zone", "Europe/Berlin"),
        ("inventories: [nowhere]\n", 1, "'nowhere' does not exist", "relative"),
        ("policies:\n  - ../..\n", 2, "outside the folder", None),
        ('policies:\n  - "a\\0b"\n', 2, "is no path", "U+0000"),
        ('inventories: ["\\x00"]\n', 1, "is no path", "U+0000"),
        ('kinds: ["k\\u0000.json"]\n', 1, "is no path", "U+0000"),
        ("profile:\n", 1, "'profile' is blank", "value"),
        ("evidence: {grade: papers}\n", 1, '"papers" is not allowed', "document"),
        ("evidence: {max_age: 30d}\n", 1, "the key 'grade' is missing", None),
        ("evidence: {grade: document, max_age: 30}\n", 1, "expected a text, found 30", "as in 90d"),
        ("evidence: {grade: document, max_age: 1y}\n", 1, '"1y" does not fit here', "as in 90d"),
        ("", 1, "there is nothing in this file", "delete it"),
        ("# profile: full\n", 1, "there is nothing in this file", "delete it"),
        ("evidence:\n", 1, "'evidence' is blank", "value"),
        ("ignore: PATCH-01\n", 1, 'expected a list, found "PATCH-01"', None),
        ("companions: none\n", 1, 'expected true or false, found "none"', None),
        ("profile: [full]\n", 1, 'expected a text, found ["full"]', None),
        ("profile: a\nprofile: b\n", 2, "profile", None),
        (RATES.replace("as_of: 2026-10-30, ", ""), 1, "the key 'as_of' is missing", None),
        (RATES.replace("source: ECB, ", ""), 1, "the key 'source' is missing", None),
        (RATES.replace("2026-10-30", "2026-02-30"), 1, "2026-02-30 is no day of the calendar", "2026-10-31"),
        (RATES.replace("EUR: 1.08", "EUR: 0"), 1, "0", None),
        (RATES.replace("EUR: 1.08", "EUR: -1"), 1, "-1", None),
        (RATES.replace("EUR: 1.08", "EUR: 1.08, USD: 2"), 1, "one USD is worth 1 USD", "leave it out"),
        (RATES.replace("EUR: 1.08", "euro: 1.08"), 1, "euro", None),
        (RATES.replace("EUR: 1.08", ""), 1, "", None),
    ],
)
def test_a_mistake_is_told_at_its_place(
    tmp_path: Path, text: str, line: int, message: str, hint: str | None
) -> None:
    write(tmp_path, text)
    with pytest.raises(Problems) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.at is not None
    assert (problem.at.file, problem.at.line) == ("policyscan.yaml", line)
    assert hint is None or hint in (problem.hint or "")


@pytest.mark.parametrize("text", ["inventories: [a\n", "profile: {full: true}\n", "profile:\n"])
def test_nothing_is_said_of_expressions_where_there_are_none(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(Problems) as caught:
        load(tmp_path)
    assert [problem.hint for problem in caught.value.problems if "CEL" in (problem.hint or "")] == []


@pytest.mark.parametrize(
    ("start", "root"),
    [
        ("inventories/portfolios/p.yaml", "."),
        ("inventories/portfolios", "."),
        ("inventories", "."),
        ("clients/c.yaml", "clients"),
        (".", "."),
    ],
)
def test_without_settings_a_folder_inventories_is_where_it_always_is(
    tmp_path: Path, start: str, root: str
) -> None:
    """What is named chooses what is reported, and not where the rest is looked for."""
    for name in ("inventories/portfolios/p.yaml", "clients/c.yaml"):
        (tmp_path / name).parent.mkdir(parents=True)
        write(tmp_path, "", name)
    assert find_root(str(tmp_path / start)) == os.path.normpath(tmp_path / root)


def test_a_configuration_that_is_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such configuration file"):
        load(tmp_path, tmp_path / "other.yaml")


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert load(tmp_path) == Config(str(tmp_path))


@pytest.mark.parametrize("name", ["policyscan.yaml", ".policyscan.yaml"])
def test_the_nearest_file_upwards_is_found(tmp_path: Path, name: str) -> None:
    write(tmp_path, "profile: full\n", name)
    below = tmp_path / "inventories" / "clients"
    below.mkdir(parents=True)
    config = load(below)
    assert (config.root, config.profile, config.file) == (str(tmp_path), "full", name)


def test_two_files_in_one_folder_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path, "profile: full\n")
    write(tmp_path, "profile: essentials\n", ".policyscan.yaml")
    with pytest.raises(ConfigError, match=r"policyscan.yaml and \.policyscan.yaml are both") as caught:
        load(tmp_path)
    assert "delete one" in (caught.value.hint or "")
    assert load(tmp_path, tmp_path / ".policyscan.yaml").profile == "essentials"
    (tmp_path / "policyscan.yaml").unlink()
    assert load(tmp_path).profile == "essentials"


def test_the_search_stops_at_the_repository(tmp_path: Path) -> None:
    write(tmp_path, "profile: full\n")
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    assert load(repository).profile is None


def test_everything_that_it_may_say(tmp_path: Path) -> None:
    for folder in ("clients", "mine"):
        (tmp_path / folder).mkdir()
    (tmp_path / "site.json").write_text("{}", encoding="utf-8")
    write(
        tmp_path,
        "inventories: [clients]\npolicies: [mine]\nbuiltin_policies: false\n"
        "kinds: [site.json]\nprofile: insurer\ntime_zone: Europe/Paris\n"
        "fail_on: high\nselect: [AV]\nignore: [AV-01]\ncompanions: false\n"
        "parameters: {AV-01: {max_age: 3d}}\nevidence: {grade: document, max_age: 90d}\nx-note: ours\n"
        + RATES,
    )
    assert load(tmp_path) == Config(
        root=str(tmp_path),
        file="policyscan.yaml",
        inventories=("clients",),
        policies=("mine",),
        builtin=False,
        kinds=("site.json",),
        profile="insurer",
        time_zone="Europe/Paris",
        fail_on="high",
        select=("AV",),
        ignore=("AV-01",),
        companions=False,
        evidence=("document", 90),
        parameters={"AV-01": {"max_age": "3d"}},
        exchange_rates=ExchangeRates("2026-10-30", "ECB", "USD", {"USD": 1.0, "EUR": 1.08}),
    )


def test_a_file_that_is_not_yaml_is_told_at_its_place(tmp_path: Path) -> None:
    write(tmp_path, "profile: [a\n")
    with pytest.raises(PolicyscanError) as caught:
        load(tmp_path)
    assert isinstance(caught.value, Problems)
    assert caught.value.problems[0].at is not None


@pytest.mark.parametrize(
    "name",
    [
        "policyscan.yml", ".policyscan.yml", "policyscan.yaml.txt", "policyscan.json", "policyscan.toml",
        "Policyscan.yaml", "policyscan.YAML", "policy-scan.yaml", "policyscan (1).yaml",
        "policyscan copy.yaml", "policyscan - Kopie.yml", "policyscan.jsonc",
    ],
)  # fmt: skip
@pytest.mark.parametrize("beside", [False, True])
def test_settings_under_another_name_are_told(tmp_path: Path, name: str, beside: bool) -> None:
    (tmp_path / name).write_text("fail_on: critical\n", "utf-8")
    if beside:
        (tmp_path / "policyscan.yaml").write_text("fail_on: critical\n", "utf-8")
    (tmp_path / "deep").mkdir()
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "deep")
    assert caught.value.message.endswith(f"{name} looks like settings and is not read")


def test_all_settings_under_other_names_are_told_at_once(tmp_path: Path) -> None:
    for name in ("policyscan.yml", "Policyscan.yaml"):
        (tmp_path / name).write_text("fail_on: critical\n", "utf-8")
    with pytest.raises(
        ConfigError, match=r"Policyscan\.yaml and .*policyscan\.yml look like settings and are not"
    ):
        load(tmp_path)


@pytest.mark.parametrize("name", ["policyscan.yaml.bak", "policyscan.yaml~", "policyscan.yml.orig"])
def test_what_an_editor_keeps_of_settings_is_told_where_there_are_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("fail_on: critical\n", "utf-8")
    with pytest.raises(ConfigError, match="looks like settings and is not read"):
        load(tmp_path)
    (tmp_path / "policyscan.yaml").write_text("fail_on: high\n", "utf-8")
    assert load(tmp_path).fail_on == "high"


@pytest.mark.parametrize(
    "name",
    [
        "policyscan.sarif",
        "policyscan.md",
        "policyscan-nightly.yaml",
        "policyscan",
        "policy.yaml",
        "policies.yaml",
    ],
)
def test_what_does_not_look_like_settings_is_let_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("fail_on: critical\n", "utf-8")
    assert load(tmp_path).fail_on is None


@pytest.mark.parametrize("target", ["/proc/self/environ", "/dev/zero", "../other/secret.yaml"])
def test_settings_that_lead_out_of_the_repository_are_not_read(tmp_path: Path, target: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/secret.yaml").write_text("password: 1234\n", "utf-8")
    repository = tmp_path / "mine"
    (repository / ".git").mkdir(parents=True)
    (repository / "policyscan.yaml").symlink_to(target)
    with pytest.raises(ConfigError) as caught:
        load(repository)
    assert "leads out of the repository" in caught.value.message


def test_settings_may_be_a_link_within_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "one").mkdir()
    (tmp_path / "settings.yaml").write_text("fail_on: critical\n", "utf-8")
    (tmp_path / "one/policyscan.yaml").symlink_to("../settings.yaml")
    assert load(tmp_path / "one").fail_on == "critical"


def test_settings_that_are_a_link_to_nothing_are_told(tmp_path: Path) -> None:
    (tmp_path / "policyscan.yaml").symlink_to("gone.yaml")
    with pytest.raises(DocumentError) as caught:
        load(tmp_path)
    assert caught.value.message == "there is no such file"


def test_settings_that_change_while_they_are_read_leave_nothing_wrong_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from policyscan.policies import files

    path, store = tmp_path / "policyscan.yaml", Store(str(tmp_path / "cache"), str(tmp_path / "key"))
    path.write_text("fail_on: critical\n", "utf-8")
    parse = files.parse

    def change(*args: Any) -> Any:
        path.write_text("fail_on: low\n", "utf-8")
        return parse(*args)

    with monkeypatch.context() as patch:
        patch.setattr(files, "parse", change)
        assert load(tmp_path, None, store).fail_on == "critical"
    assert load(tmp_path, None, store).fail_on == "low"
    path.write_text("fail_on: critical\n", "utf-8")
    assert load(tmp_path, None, store).fail_on == "critical"


@pytest.mark.parametrize("format_", ["json", "jsonl", "sarif"])
def test_a_report_that_is_called_like_settings_is_none(tmp_path: Path, format_: str) -> None:
    from policyscan.reporters import REPORTERS, Options
    from tests.reporters.reports import COORDINATOR, report

    text = REPORTERS[format_].render(report(COORDINATOR), Options())
    (tmp_path / "policyscan.json").write_text(text, "utf-8")
    assert load(tmp_path).file is None
    (tmp_path / "policyscan.json").write_text('{"$schema": "https://example.org", "version": 1}', "utf-8")
    with pytest.raises(ConfigError, match="looks like settings"):
        load(tmp_path)
