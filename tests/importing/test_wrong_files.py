"""Exports that are none: each is refused where it is wrong, and nothing of the inventory changes."""

from __future__ import annotations

import json

import pytest

from policyscan.errors import PolicyscanError
from tests.importing.client import EXPORTS, Client

GRAPH = (EXPORTS / "graph-managedDevices.json").read_text("utf-8")
CSV = (EXPORTS / "intune-devices.csv").read_bytes()
NAMELESS = json.dumps({"value": [{"id": {"a": 1}, "deviceName": ["x"], "lastSyncDateTime": None}]})


@pytest.mark.parametrize(
    ("source", "content", "says"),
    [
        ("graph-devices", GRAPH.encode("utf-16-le"), "may be UTF-16 without the mark"),
        ("graph-devices", GRAPH[:700].encode(), ":19:31: the quote that opens here is never closed"),
        ("graph-devices", CSV, ":1:1: this export is no JSON"),
        ("checkdmarc", CSV, ":1:1: this export is no JSON"),
        ("graph-devices", NAMELESS.encode(), ":1:12: ['x']: nothing says which thing it is"),
        ("xccdf", b"# Lynis Report\n", ":1:1: this export is no XML"),
        ("intune-csv", CSV.split(b"\n")[0], "no rows"),
        ("intune-csv", GRAPH.encode(), ":1:1: this export is no table, but JSON"),
        ("intune-csv", b"PK\x03\x04..devices.csv", ":1:1: this is no export, but an archive"),
        ("graph-devices", b"\x1f\x8b\x08", ":1:1: this is no export, but an archive"),
        ("intune-csv", CSV + CSV, ":4:1: the header stands here again"),
        ("intune-csv", b"Devices report\n" + CSV, ":2:1: this row has 23 cells, but there is 1 column"),
        ("intune-csv", b"PK\x03\x04..xl/workbook.xml", ":1:1: this is no export, but a workbook"),
        ("lynis", b"%PDF-1.7", ":1:1: this is no export, but a PDF document"),
        ("intune-csv", b"\n<!DOCTYPE html><title>Sign in", ":1:1: this is no export, but a web page"),
        ("graph-devices", b'{"error": {"code": "x", "message": "it expired"}}', "it failed: it expired"),
        ("huntress", b'{"error": "not you"}', "what the tool said when it failed: not you"),
        ("huntress", b'{"error": 7}', "there is no list at agents"),
    ],
    ids=["utf-16", "half", "csv", "csv-too", "nameless", "no-xml", "header", "json", "zip", "gzip", "twice",
         "title", "book", "pdf", "page", "failed", "failed-too", "no-list"],
)  # fmt: skip
def test_a_file_that_is_no_such_export(source: str, content: bytes, says: str, client: Client) -> None:
    before = client.path.read_bytes()
    with pytest.raises(PolicyscanError) as caught:
        client.take(source, client.export("x.dat", content), zone="UTC")
    assert any(says in f"{one.at}: {one.message}" for one in caught.value.problems)
    assert client.path.read_bytes() == before


def test_utf_16_with_its_mark_is_read(client: Client) -> None:
    path = client.export("x.json", GRAPH.encode("utf-16"))
    assert client.take("graph-devices", path).imported.merged.new[0] == "HD-LT-01"
