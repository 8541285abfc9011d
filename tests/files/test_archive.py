"""Archives that come from anywhere: what they may unpack into."""

from __future__ import annotations

import tracemalloc
import zipfile
from io import BytesIO

import pytest

from policyscan.errors import UsageError
from policyscan.files.archive import packed, unpacked


def compressed(**contents: bytes) -> bytes:
    """An archive as other programs write it."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize("files", [1, 30])
def test_a_bomb_is_refused_before_it_is_unpacked(files: int) -> None:
    data = compressed(**{f"f{number}": bytes(60_000_000 // files) for number in range(files)})
    tracemalloc.start()
    try:
        with pytest.raises(UsageError, match=r"would unpack into more than \d+ MB: it is no bundle"):
            unpacked(data, "b.zip")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_what_somebody_packed_again_can_be_read() -> None:
    contents = {f"files/{number}": b"kind: client\n" * 5000 for number in range(20)}
    assert unpacked(compressed(**contents), "b.zip") == contents == unpacked(packed(contents), "b.zip")
