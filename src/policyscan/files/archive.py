"""Many files in one: a zip file that is the same bytes for the same contents, and is read without trust.

In: contents by path, or the bytes of such a file from anywhere. Out: its bytes, or the contents; UsageError
for what no honest archive is. Nothing is written to a disk here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyscan.errors import UsageError

MOST_FILES = 50_000
MOST_BYTES = 1 << 30  # of all contents together
_MOST_TIMES = 100  # as large as the archive: what people write packs to a twentieth at best
_MOST_OF_SMALL = 1 << 20
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows


def packed(contents: Mapping[str, bytes]) -> bytes:
    """An archive of some contents, in the order of their paths.

    Nothing is compressed: what compresses gives other bytes in other releases, and here one content has one
    form, so that a single changed byte shows.
    """
    import zipfile
    from io import BytesIO

    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(contents):
            info = zipfile.ZipInfo(path, _FIRST_DAY)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, contents[path])
    return made.getvalue()


def unpacked(data: bytes, name: str) -> dict[str, bytes]:
    """The contents of an archive that people see as `name`; UsageError for one that is damaged or hostile."""
    import zipfile
    import zlib
    from io import BytesIO

    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            _check([entry.filename for entry in entries], name)
            found: dict[str, bytes] = {}
            most = left = min(MOST_BYTES, _MOST_TIMES * len(data) + _MOST_OF_SMALL)
            for entry in entries:
                with archive.open(entry) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise UsageError(f"{name} would unpack into more than {most >> 20:,} MB: it is no bundle")
                found[entry.filename] = content
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError) as error:
        raise UsageError(f"{name} is damaged, or is no bundle: {error}") from error


def _check(paths: Sequence[str], name: str) -> None:
    """UsageError for paths that lead elsewhere, that are two of one name, or that are too many."""
    if len(paths) > MOST_FILES:
        raise UsageError(f"{name} holds more than {MOST_FILES:,} files")
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            raise UsageError(f"{name} holds {path!r} twice")
        seen.add(path)
        if not is_plain(path):
            raise UsageError(f"{name} holds a file with a path that leads elsewhere: {path!r}")


def is_plain(path: str) -> bool:
    """Whether a path names something below the folder that it is taken from, on every system."""
    if set(path) & set("\\:\0") or any("\ud800" <= char <= "\udfff" for char in path):
        return False
    parts = path.split("/")
    return all(part.rstrip(" .") == part != "" and part.lower() != ".git" for part in parts)
