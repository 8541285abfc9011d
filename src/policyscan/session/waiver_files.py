"""What stands in files of waivers for several inventories.

In: the files. Out: `WaiverFiles`, read and checked; what is wrong with one is a problem at its place, and
then none of its waivers counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from policyscan.cel.values import Date
from policyscan.errors import DocumentError, PolicyscanError
from policyscan.files.discovery import WAIVERS, File, as_content
from policyscan.files.identity import Identity
from policyscan.reading.text import Content, top
from policyscan.records import NamedTuple
from policyscan.source import Span
from policyscan.waivers import ALL, WrittenWaiver, matches

if TYPE_CHECKING:
    from policyscan.policies.files import PolicyFile

_DAYS = ("approved_on", "expires_on")


class WaiverFiles(NamedTuple):
    """The waivers of several inventories, in order, and what is wrong with their files.

    `identities` stand for the bytes of each file as it was read. `whole` says that the files are among those
    to report on: then all inventories are scanned that they may be for.
    """

    waivers: tuple[WrittenWaiver, ...] = ()
    problems: tuple[PolicyscanError, ...] = ()
    identities: tuple[tuple[File, Identity], ...] = ()
    whole: bool = False

    def for_nothing(self, known: Collection[str]) -> Iterator[DocumentError]:
        """What to say of each waiver that is for no inventory, `known` being the ids of all there are."""
        from policyscan.cel.spelling import did_you_mean

        for one in self.waivers if self.whole else ():
            document = one.item["document"]
            if any(matches(document, ident) for ident in known):
                continue
            message = f"the waiver of {one.item['policy']} is for no inventory: there is no {document}"
            hint = None if ALL in document else did_you_mean(document, sorted(known))
            hint = hint or "correct the id, or delete the waiver"
            yield DocumentError(message, at=one.locate(one.item, "document"), hint=hint)


def read_waivers(files: Sequence[File], *, whole: bool) -> WaiverFiles:
    """What stands in files of waivers; never raises for bad input."""
    waivers: list[WrittenWaiver] = []
    problems: list[PolicyscanError] = []
    identities: list[tuple[File, Identity]] = []
    for file in files:
        try:
            content = as_content(file)
        except DocumentError as problem:
            wrong: list[PolicyscanError] = [problem]
        else:
            identities.append((file, Identity.of(content.data)))
            found, wrong = _read(content)
            waivers += found
        if wrong:
            message = "no waiver in this file counts until it is mended"
            problems += [*wrong, DocumentError(message, at=top(file.shown))]
    return WaiverFiles(tuple(waivers), tuple(problems), tuple(identities), whole)


def _read(content: Content) -> tuple[list[WrittenWaiver], list[PolicyscanError]]:
    """The waivers of a file; none where anything in it is wrong."""
    from policyscan.policies.files import parse

    parsed, found = parse(content, WAIVERS)
    problems: list[PolicyscanError] = [DocumentError(p.message, at=p.at, hint=p.hint) for p in found]
    if parsed is None:
        return [], problems
    made = [_written(parsed, number, problems) for number in range(len(parsed.value[WAIVERS]))]
    return ([] if problems else made), problems


def _written(file: PolicyFile, number: int, problems: list[PolicyscanError]) -> WrittenWaiver:
    """One waiver with its days as days; a day that is none is a problem."""
    path = (WAIVERS, number)
    item = dict(file.value[WAIVERS][number])
    for key in _DAYS:
        if key in item:
            try:
                item[key] = Date.parse(item[key])
            except ValueError:
                message = f"{key}: {item[key]!r} is no day"
                hint = "write it as in 2026-10-31"
                problems.append(DocumentError(message, at=file.span((*path, key)), hint=hint))

    def locate(_: Any, key: Any) -> Span:
        return file.span(path if key is None else (*path, key))

    return WrittenWaiver(item, locate, f"waivers[{number}]", shared=True)
