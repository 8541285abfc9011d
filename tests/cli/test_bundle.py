"""`policyscan bundle` and `verify`: a scan as one file that proves itself, and notices what was changed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from policyscan.files.archive import packed
from tests.cli.conftest import CLIENT, write
from tests.cli.runner import Ran, policyscan
from tests.files.test_git import git

AS_OF = ("--as-of", "2026-10-31")
BAD = "inventories/clients/bad.yaml"
Contents = dict[str, bytes]


def bundle(monkeypatch: pytest.MonkeyPatch, place: Path, *args: str) -> Ran:
    return policyscan(monkeypatch, place, "bundle", "b.zip", *AS_OF, *args)


def contents(path: Path) -> Contents:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put(path: Path, files: Contents) -> None:
    path.write_bytes(packed(files))


def verified(monkeypatch: pytest.MonkeyPatch, folder: Path, path: Path) -> Ran:
    """What is said of a bundle where nothing else is."""
    folder.mkdir(exist_ok=True)
    return policyscan(monkeypatch, folder, "verify", str(path))


# --- what is in it


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("--profile", "strict"),
        ("--select", "OPS-01,OPS-03"),
        ("--client", "served", "--profile", "strict"),
        ("inventories/clients/served.yaml", "--profile", "strict"),
        ("--ignore", "severity:low", "--fail-on", "high"),
    ],
)
def test_a_bundle_holds_wherever_it_is(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...]
) -> None:
    ran = bundle(monkeypatch, place, *args)
    assert ran.code == 0, ran.err
    digest = sha256((place / "b.zip").read_bytes()).hexdigest()
    assert ran.out.splitlines()[1] == f"sha256:{digest}"
    ran = verified(monkeypatch, place / "empty", place / "b.zip")
    assert (ran.code, ran.err) == (0, "")
    assert "the report is what they give" in ran.out


def test_its_report_is_what_the_scan_said(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    scan = policyscan(monkeypatch, place, "scan", *AS_OF, "-f", "json", "--all-results")
    bundle(monkeypatch, place)
    assert contents(place / "b.zip")["report.json"].decode() == scan.out


def test_it_holds_inputs_settings_controls_and_their_digests(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    bundle(monkeypatch, place)
    files = contents(place / "b.zip")
    for name in ("policyscan.yaml", "controls/pack.yaml", "controls/OPS/OPS-01.yaml", BAD):
        assert files[f"files/{name}"] == (place / name).read_bytes()
    assert "pack/pack.yaml" in files
    listed = json.loads(files["bundle.json"])["files"]
    assert listed == {
        name: f"sha256:{sha256(data).hexdigest()}" for name, data in files.items() if name != "bundle.json"
    }


def test_the_same_scan_is_the_same_bytes(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    bundle(monkeypatch, place)
    first = (place / "b.zip").read_bytes()
    (place / "b.zip").unlink()
    bundle(monkeypatch, place)
    assert (place / "b.zip").read_bytes() == first


def test_what_was_broken_is_bundled_too(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "inventories/clients/wrong.yaml", CLIENT.format(id="wrong") + "peple: []\n")
    write(place, "inventories/clients/dull.yaml", "- no inventory\n")
    assert bundle(monkeypatch, place).code == 0
    assert verified(monkeypatch, place / "empty", place / "b.zip").code == 0
    assert json.loads(contents(place / "b.zip")["report.json"])["summary"]["exit_code"] == 2


def test_a_past_commit_is_bundled(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    (place / ".git/HEAD").unlink()
    (place / ".git").rmdir()
    git(place, "init", "-q")
    git(place, "add", "-A")
    git(place, "commit", "-qm", "one")
    before = (place / BAD).read_bytes()
    write(place, BAD, CLIENT.format(id="bad"))
    git(place, "commit", "-qam", "two")
    ran = bundle(monkeypatch, place, "--rev", "HEAD~1", "--statement", "s.json")
    assert ran.code == 0, ran.err
    files = contents(place / "b.zip")
    assert files[f"files/{BAD}"] == before
    commit = git(place, "rev-parse", "HEAD~1").strip()
    assert json.loads(files["bundle.json"])["git"] == {"commit": commit, "dirty": False}
    assert json.loads(files["report.json"])["scan"]["git"]["commit"] == commit
    assert (place / "s.json").exists()
    assert verified(monkeypatch, place / "empty", place / "b.zip").code == 0


def test_a_statement_names_the_bundle_by_its_digest(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    bundle(monkeypatch, place, "--statement", "s.json")
    said = json.loads((place / "s.json").read_text("utf-8"))
    digest = sha256((place / "b.zip").read_bytes()).hexdigest()
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["subject"] == [{"name": "b.zip", "digest": {"sha256": digest}}]
    assert said["predicate"]["result"] == "FAILED"


# --- what was changed


def _edit(name: str, old: bytes, new: bytes) -> Callable[[Contents], None]:
    def edit(files: Contents) -> None:
        assert old in files[name]
        files[name] = files[name].replace(old, new)

    return edit


def _take(name: str) -> Callable[[Contents], None]:
    def take(files: Contents) -> None:
        del files[name]

    return take


def _add(files: Contents) -> None:
    files["files/inventories/clients/more.yaml"] = CLIENT.format(id="more").encode()


def _list_anew(files: Contents) -> None:
    about = json.loads(files["bundle.json"])
    about["files"] = {n: f"sha256:{sha256(d).hexdigest()}" for n, d in files.items() if n != "bundle.json"}
    files["bundle.json"] = json.dumps(about).encode()


CHANGES: dict[str, tuple[Callable[[Contents], None], str]] = {
    "input": (
        _edit(f"files/{BAD}", b"end_date: 2026-06-12", b"end_date: null"),
        f"files/{BAD} is not as it was bundled",
    ),
    "report": (_edit("report.json", b'"fail"', b'"pass"'), "report.json is not as it was bundled"),
    "control": (
        _edit("files/controls/OPS/OPS-01.yaml", b"high", b"low"),
        "files/controls/OPS/OPS-01.yaml is not as it was bundled",
    ),
    "missing": (_take(f"files/{BAD}"), f"files/{BAD} is missing"),
    "more": (_add, "files/inventories/clients/more.yaml was not bundled"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_noticed(monkeypatch: pytest.MonkeyPatch, place: Path, change: str) -> None:
    edit, said = CHANGES[change]
    bundle(monkeypatch, place)
    files = contents(place / "b.zip")
    edit(files)
    put(place / "c.zip", files)
    ran = verified(monkeypatch, place / "empty", place / "c.zip")
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


@pytest.mark.parametrize("change", ["input", "report", "control"])
def test_a_change_with_its_digest_is_noticed_by_what_comes_of_it(
    monkeypatch: pytest.MonkeyPatch, place: Path, change: str
) -> None:
    bundle(monkeypatch, place)
    files = contents(place / "b.zip")
    CHANGES[change][0](files)
    _list_anew(files)
    put(place / "c.zip", files)
    ran = verified(monkeypatch, place / "empty", place / "c.zip")
    assert (ran.code, ran.out) == (1, "")
    assert "the report is not what the files in it give" in ran.err
    if change == "input":
        assert "bad OPS-01 stays p-1: the report says fail, and it is " in ran.err


def test_no_byte_can_be_changed(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """In contents and in what archives say of them, which readers of archives look at or not."""
    bundle(monkeypatch, place)
    data = (place / "b.zip").read_bytes()
    starts = [info.header_offset for info in zipfile.ZipFile(io.BytesIO(data)).infolist()]
    begin, end = starts[len(starts) // 2], data.index(b"PK\x01\x02")
    for at in (
        0,
        *range(begin, begin + 70, 6),
        *range(end, end + 60, 6),
        *range(len(data) - 22, len(data), 4),
    ):
        changed = bytearray(data)
        changed[at] ^= 1
        (place / "c.zip").write_bytes(bytes(changed))
        ran = verified(monkeypatch, place / "empty", place / "c.zip")
        assert ran.code in (1, 2), at
        assert "Traceback" not in ran.err
        assert sha256(bytes(changed)).digest() != sha256(data).digest()


def test_another_version_cannot_tell(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    bundle(monkeypatch, place)
    for key, value, said in (
        ("policyscan", "0.0.1", "it was made by policyscan 0.0.1, and this is"),
        ("builtin_pack", "sha256:0", "other built-in controls"),
        ("version", 2, "a bundle of version 2"),
    ):
        files = contents(place / "b.zip")
        about = json.loads(files["bundle.json"])
        about[key] = value
        files["bundle.json"] = json.dumps(about).encode()
        put(place / "c.zip", files)
        ran = verified(monkeypatch, place / "empty", place / "c.zip")
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err


# --- hostile and broken bundles


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/../../evil", "files/.git/config", "C:evil", "a\\evil", "a//b", "nul. "],
)
def test_a_path_that_leads_elsewhere_is_refused(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: str
) -> None:
    bundle(monkeypatch, place)
    put(place / "c.zip", contents(place / "b.zip") | {name: b"evil"})
    ran = verified(monkeypatch, place / "empty", place / "c.zip")
    assert ran.code == 2
    assert "leads elsewhere" in ran.err
    assert list((place / "empty").iterdir()) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("paths", ["/etc"]), ("paths", ["../../.."]), ("policies", ["/tmp"]), ("config", "../x.yaml")],
)
def test_what_is_outside_is_not_read(
    monkeypatch: pytest.MonkeyPatch, place: Path, key: str, value: object
) -> None:
    bundle(monkeypatch, place)
    files = contents(place / "b.zip")
    about: Any = json.loads(files["bundle.json"])
    about["asked"][key] = value
    files["bundle.json"] = json.dumps(about).encode()
    put(place / "c.zip", files)
    ran = verified(monkeypatch, place / "empty", place / "c.zip")
    assert ran.code == 1
    assert "which is not in it" in ran.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is damaged, or is no bundle"),
        (b"kind: client\n", "is damaged, or is no bundle"),
        (b"PK\x05\x06" + b"\0" * 18, "is no bundle"),
    ],
)
def test_what_is_no_bundle_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, said: str
) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    ran = verified(monkeypatch, tmp_path, tmp_path / "x.zip")
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize("about", [b"[]", b"{}", b'{"version": 1}', b"\xff", b'{"version": 1, "files": {}}'])
def test_a_bundle_that_says_nothing_of_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, about: bytes
) -> None:
    put(tmp_path / "x.zip", {"bundle.json": about, "report.json": b"{}"})
    ran = verified(monkeypatch, tmp_path, tmp_path / "x.zip")
    assert ran.code == 2
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("-",), "standard input cannot be bundled"),
        (("--profile", "none"), "there is no profile 'none'"),
        (("--client", "none"), "there is no inventory with this id"),
        (("..",), "of which the bundle is"),
        (("--rev", "none"), "git knows no revision"),
    ],
)
def test_what_cannot_be_bundled_is_said(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], said: str
) -> None:
    write(place.parent, "beside/client.yaml", CLIENT.format(id="beside"))
    ran = bundle(monkeypatch, place, *args)
    assert ran.code == 2
    assert said in ran.err or "does not lie in a git repository" in ran.err
    assert not (place / "b.zip").exists()


def test_nothing_is_written_over(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    write(place, "b.zip", "mine")
    ran = bundle(monkeypatch, place)
    assert ran.code == 2
    assert "exists already" in ran.err
    assert (place / "b.zip").read_text("utf-8") == "mine"


def test_folders_tables_and_files_of_waivers_are_bundled(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    write(place, "inventories/clients/wide/client.yaml", CLIENT.format(id="wide"))
    write(place, "inventories/clients/wide/people.csv", "id,end_date\nann,2026-06-12\n")
    write(
        place,
        "inventories/waivers.yaml",
        "schema_version: 1\nkind: waivers\nwaivers:\n  - {policy: OPS-02, document: bad, reason: on call, "
        "requested_by: Bright Harbor IT, approved_by: Zoe, approved_on: 2026-10-01, "
        "expires_on: 2026-12-01}\n",
    )
    ran = bundle(monkeypatch, place)
    assert ran.code == 0, ran.err
    files = contents(place / "b.zip")
    assert "files/inventories/clients/wide/people.csv" in files
    assert "files/inventories/waivers.yaml" in files
    report = json.loads(files["report.json"])
    found = {(one["document"], one["policy"]): one["status"] for one in report["results"]}
    assert found["wide", "OPS-01"] == "fail"
    assert found["bad", "OPS-02"] == "waived"
    assert verified(monkeypatch, place / "empty", place / "b.zip").code == 0


@pytest.mark.parametrize("name", [b"a:b.yaml", b"a\\b.yaml", b"\xff.yaml"])
def test_a_name_that_no_bundle_can_hold_is_said(
    monkeypatch: pytest.MonkeyPatch, place: Path, name: bytes
) -> None:
    import os

    path = place / "inventories/clients" / os.fsdecode(name)
    path.write_text(CLIENT.format(id="odd"), "utf-8")
    ran = bundle(monkeypatch, place)
    assert ran.code == 2
    assert "has a name that a bundle cannot hold" in ran.err
    assert "Traceback" not in ran.err
    assert not (place / "b.zip").exists()


# --- signatures


def _key(folder: Path, name: str) -> str:
    from tests.session.test_signing import key

    return key(folder, name)


def test_a_signed_bundle_is_verified_with_the_public_key(
    monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bundle(monkeypatch, place)
    keys = tmp_path_factory.mktemp("keys")
    ann, bob = _key(keys, "ann"), _key(keys, "bob")
    for one in (ann, bob):
        assert policyscan(monkeypatch, place, "sign", "b.zip", "--key", one).code == 0
    both = ("--key", f"{ann}.pub", "--key", f"{bob}.pub")
    ran = policyscan(monkeypatch, place, "verify", "b.zip", *both)
    assert (ran.code, ran.out.count("signed with the key of")) == (0, 2)
    ran = policyscan(monkeypatch, place, "verify", "b.zip", "--key", f"{_key(keys, 'eve')}.pub")
    assert ran.code == 1
    assert "it is not signed with the key of" in ran.err
    bundle(monkeypatch, place, "--profile", "strict", "--client", "bad")
    other = policyscan(monkeypatch, place, "bundle", "c.zip", *AS_OF, "--client", "bad")
    assert other.code == 0
    ran = policyscan(monkeypatch, place, "verify", "c.zip", *both, "--signature", "b.zip.dsse")
    assert ran.code == 1
    assert "what was signed is another bundle than this" in ran.err


def test_a_bundle_with_a_name_that_is_no_text_can_be_signed(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    from policyscan.session.bundling import statement_of, verify

    bundle(monkeypatch, place)
    made = statement_of("caf\udce9.zip", verify(str(place / "b.zip")))
    assert json.loads(made.encode("utf-8"))["subject"][0]["name"] == "caf\\xe9.zip"


def test_what_does_not_hold_is_not_signed(
    monkeypatch: pytest.MonkeyPatch, place: Path, tmp_path: Path
) -> None:
    bundle(monkeypatch, place)
    found = contents(place / "b.zip")
    put(place / "b.zip", {**found, "report.json": found["report.json"].replace(b"fail", b"pass")})
    ran = policyscan(monkeypatch, place, "sign", "b.zip", "--key", _key(tmp_path, "ann"))
    assert ran.code == 1
    assert "nothing was signed" in ran.err
    assert not (place / "b.zip.dsse").exists()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("verify", "b.zip", "--key", "ann.pub"), "there is no signature: b.zip.dsse"),
        (("verify", "b.zip", "--signature", "x"), "a signature proves nothing without a key"),
        (("sign", "b.zip", "--key", "nowhere"), "nowhere"),
        (("sign", "b.zip", "--key", "ann", "-o", BAD), f"{BAD} is no DSSE envelope"),
        (("sign", BAD, "--key", "ann"), "is damaged, or is no bundle"),
    ],
    ids=["no signature", "no key", "no such key", "over an inventory", "no bundle"],
)
def test_a_mistake_with_signatures_is_told(
    monkeypatch: pytest.MonkeyPatch, place: Path, args: tuple[str, ...], message: str
) -> None:
    bundle(monkeypatch, place)
    _key(place, "ann")
    ran = policyscan(monkeypatch, place, *args)
    assert ran.code == 2
    assert message in ran.err


def test_an_encrypted_key_is_not_used_where_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    from tests.session.test_signing import key

    bundle(monkeypatch, place)
    ran = policyscan(monkeypatch, place, "sign", "b.zip", "--key", key(place, "ann", password=b"long enough"))
    assert ran.code == 2
    assert "nobody is here to type its passphrase" in ran.err
