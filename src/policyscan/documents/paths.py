"""Paths as reports print them, `devices[lt-06].in_scope`: from text back to a fact.

In goes a text; out come its steps, or the fact of a document that they lead to. What is wrong is a BadPath
with the character at which it begins.
"""

from __future__ import annotations

import re
from typing import Any

from policyscan.cel.spelling import did_you_mean
from policyscan.documents.document import Document
from policyscan.patterns import when_used
from policyscan.reading.tree import Key
from policyscan.records import NamedTuple

_STEP = when_used(
    r"""(?P<dot>\.)?(?P<name>[^\W\d][\w-]*)           # .name, without the dot at the beginning
      | \[(?:"(?P<quoted>(?:[^"\\]|\\.)*)"            # ["any text"]
          | (?P<bare>[^\[\]"'\s]+))\]                 # [what needs no quotes]""",
    re.VERBOSE,
)
_ESCAPES = {"n": "\n"}


class BadPath(ValueError):
    """A path that cannot be read, or leads to nothing; `at` is the character of the text, from 0."""

    def __init__(self, message: str, at: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.hint = hint


class PathStep(NamedTuple):
    """One step of a path: a name after a dot, or what stands in brackets; and where it begins."""

    text: str
    bracket: bool
    at: int


def parse_path(text: str) -> list[PathStep]:
    """The steps of a path; BadPath where it cannot be read."""
    steps: list[PathStep] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None or (found["name"] is not None and (found["dot"] is None) is not (at == 0)):
            raise BadPath(f"the path {text} cannot be read from {text[at:]!r} on", at, _HINT)
        if found["name"] is not None:
            steps.append(PathStep(found["name"], bracket=False, at=at))
        else:
            written = found["bare"] if found["bare"] is not None else _unescaped(found["quoted"])
            steps.append(PathStep(written, bracket=True, at=at))
        at = found.end()
    if not steps:
        raise BadPath("the path is empty", 0, _HINT)
    return steps


def resolve(document: Document, text: str) -> tuple[Any, Key]:
    """The container and key of the fact that a path names, in the document as it was read; BadPath if there
    is none. A key that is not there counts where it may be: the kind knows it."""
    steps = parse_path(text)
    container: Any = document.tree.value
    key: Key = None
    for number, step in enumerate(steps):
        if number:
            container = _entered(document, container, key, text, steps[number - 1])
        key = _key(document, container, step, text)
    return container, key


_HINT = "write it as reports print it, such as devices[lt-06].in_scope"


def _unescaped(quoted: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), quoted, flags=re.DOTALL)


def _entered(document: Document, container: Any, key: Key, text: str, step: PathStep) -> Any:
    """What a step leads into, which has to be a part of this document that stands there."""
    there = key in container if container.__class__ is dict else True
    value = container[key] if there else None
    if value.__class__ not in (dict, list) or document.holder_of(value) is not container:
        why = "refers to something else" if value.__class__ is dict else "holds no more than a value"
        message = f"{text} leads to nothing: {step.text} {why if there else 'is not recorded'}"
        raise BadPath(message, step.at, _HINT)
    return value


def _key(document: Document, container: Any, step: PathStep, text: str) -> Key:
    """The key or number in a container that a step names."""
    if container.__class__ is list:
        return _number(document, container, step, text)
    inner = document.kind.field(document.generic_path(container)) if step.at else None
    fields = inner.shape.fields if inner is not None else document.kind.shape.fields
    known = document.is_map(container) or step.text in container or step.text in fields
    if not known:
        message = f"{text} leads to nothing: there is no {step.text}"
        raise BadPath(message, step.at, did_you_mean(step.text, fields))
    return step.text


def _number(document: Document, items: list[Any], step: PathStep, text: str) -> int:
    """The place of an item in its list: by what identifies it, else by its number."""
    names = document.numbers(items)
    if step.text in names:
        return names[step.text]
    if step.bracket and step.text.isdecimal() and int(step.text) < len(items):
        return int(step.text)
    message = f"{text} leads to nothing: there is no {step.text}"
    raise BadPath(message, step.at, did_you_mean(step.text, [name for name in names if name is not None]))
