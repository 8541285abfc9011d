"""The words that name nobody: those of packs and schemas, and of what the tool itself says.

In: a report and a workspace. Out: the report with pseudonyms for all else, by a secret that is kept for
its user; a `Vocabulary`, by which names are told from the words around them.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from policyscan.findings import DOCUMENT_CHECKS, Json, Report
from policyscan.reporters.pseudonyms import Vocabulary, pseudonymous
from policyscan.session.workspace import Workspace
from policyscan.store import default_store

_ROOT = Path(__file__).parent.parent
_SAYS = (
    "engine", "documents", "files", "kinds", "reading", "session", "findings.py", "waivers.py", "config.py",
)  # fmt: skip
_WORD = re.compile(r"[^\W_](?:[\w'’-]*\w)?")
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def masked(report: Report, workspace: Workspace) -> tuple[Report, bool]:
    """The report with pseudonyms, and whether the next one has the same: a secret could be kept."""
    store = default_store()
    secret = store.secret_for(b"pseudonyms") if store is not None else None
    return pseudonymous(report, vocabulary_of(workspace), secret or os.urandom(32)), secret is not None


def vocabulary_of(workspace: Workspace) -> Vocabulary:
    """The words of all packs, of all kinds' schemas, and of messages; keys and values of schemas are ids."""
    words: set[str] = set()
    for pack in workspace.packs:
        for content in pack.files.contents.values() if pack.files is not None else ():
            words.update(_WORD.findall(_COMMENT.sub("", content.data.decode("utf-8", "replace"))))
    ids: set[str] = set()
    for path in _schemas(workspace):
        schema = json.loads(path.read_text(encoding="utf-8"))
        words.update(_WORD.findall(json.dumps(_without_examples(schema), ensure_ascii=False)))
        ids.update(_ids(schema))
    words.update(part for one in ids for part in one.split("_") if part)  # as messages say keys in words
    for check in DOCUMENT_CHECKS:
        words.update(_WORD.findall(" ".join((check.title, check.why, check.fix))))
    words.update(_said())
    return Vocabulary(frozenset(words), frozenset(ids | set(workspace.kinds.names)))


def _schemas(workspace: Workspace) -> Iterator[Path]:
    yield from sorted((_ROOT / "schemas").glob("*.json"))
    for written in workspace.config.kinds:
        yield Path(workspace.config.root, written)


def _without_examples(node: Json) -> Json:
    if isinstance(node, dict):
        return {key: _without_examples(value) for key, value in node.items() if key != "examples"}
    return [_without_examples(one) for one in node] if isinstance(node, list) else node


def _ids(node: Json) -> Iterator[str]:
    """The names of properties, and the texts that a value may be."""
    if isinstance(node, dict):
        if isinstance(properties := node.get("properties"), dict):
            yield from properties
        yield from (one for one in node.get("enum", ()) if isinstance(one, str))
        yield from [node["const"]] if isinstance(node.get("const"), str) else []
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _ids(child)


@cache
def _said() -> frozenset[str]:
    """Words of the texts in the tool's own modules, but for what describes these."""
    words: set[str] = set()
    for name in _SAYS:
        top = _ROOT / name
        for path in sorted(top.rglob("*.py")) if top.is_dir() else [top]:
            for text in _texts(ast.parse(path.read_text(encoding="utf-8"))):
                words.update(_WORD.findall(text))
    return frozenset(words)


def _texts(tree: ast.Module) -> Iterator[str]:
    described: set[int] = set()
    for node in ast.walk(tree):  # what holds a text comes before it
        if isinstance(node, ast.Expr):
            described.add(id(node.value))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.value
