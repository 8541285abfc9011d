"""What GitHub code scanning and GitLab demand of a SARIF file before they take it in, as a checker.

Written from GitHub's "SARIF support for code scanning" and GitLab's "SARIF" documentation: their own
checks do not run outside of them.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

_RELATIVE = re.compile(r"(?!\./|/)([A-Za-z0-9._~!$&'()*+,;=@/-]|%[0-9A-F]{2})+")
_MOST_BYTES = 10_000_000


def refusals(log: dict[str, Any]) -> list[str]:
    """Why a SARIF log would be refused or cut, in words; empty if it is taken in whole."""
    return [*_file(log), *(text for run in log.get("runs", []) for text in _run(run))]


def _file(log: dict[str, Any]) -> Iterator[str]:
    if log.get("version") != "2.1.0":
        yield "version is not 2.1.0"
    if not log.get("$schema"):
        yield "no $schema"
    runs = log.get("runs", [])
    if not 1 <= len(runs) <= 20:
        yield f"{len(runs)} runs"
    if len({json.dumps(run.get("automationDetails")) for run in runs}) != len(runs):
        yield "two runs of one category"
    if len(gzip.compress(json.dumps(log).encode())) > _MOST_BYTES:
        yield "larger than 10 MB"


def _run(run: dict[str, Any]) -> Iterator[str]:
    driver = run.get("tool", {}).get("driver", {})
    if not driver.get("name"):
        yield "no tool name"
    if not run.get("automationDetails", {}).get("id", "").endswith("/"):
        yield "the category does not end in a slash"
    rules = driver.get("rules", [])
    if len(rules) > 25_000:
        yield "too many rules"
    if len({rule.get("id") for rule in rules}) != len(rules):
        yield "two rules with one id"
    for rule in rules:
        yield from (f"rule {rule.get('id')}: {text}" for text in _rule(rule))
    results = run.get("results")
    if results is None:
        yield "no results array"
        return
    if len(results) > 25_000:
        yield "too many results"
    ranks = [result.get("rank", 0) for result in results]
    if ranks != sorted(ranks, reverse=True):
        yield "not sorted by severity"
    for number, result in enumerate(results):
        yield from (f"result {number}: {text}" for text in _result(result, rules))
    for invocation in run.get("invocations", []):
        for notification in invocation.get("toolExecutionNotifications", []):
            if not notification.get("message", {}).get("text"):
                yield "a notification without text"


def _rule(rule: dict[str, Any]) -> Iterator[str]:
    if not rule.get("id"):
        yield "no id"
    for key in ("shortDescription", "fullDescription"):
        text = rule.get(key, {}).get("text", "")
        if not 1 <= len(text.strip()) <= 1024:
            yield f"{key} of {len(text)} characters"
    if not rule.get("help", {}).get("text"):
        yield "no help"
    if len(rule.get("name", "")) > 255:
        yield "a long name"
    properties = rule.get("properties", {})
    tags = properties.get("tags", [])
    if len(tags) > 10:
        yield f"{len(tags)} tags"
    if any(re.match(r"(?i)cwe-|cve-", tag) for tag in tags):
        yield "a tag that changes the type of report"
    severity = properties.get("security-severity")
    if not isinstance(severity, str) or not 0 < float(severity) <= 10:
        yield "a security-severity that is no text above 0 and up to 10"
    if "security" not in tags:
        yield "a security-severity without the tag security"


def _result(result: dict[str, Any], rules: list[dict[str, Any]]) -> Iterator[str]:
    index = result.get("ruleIndex", -1)
    if not 0 <= index < len(rules) or rules[index].get("id") != result.get("ruleId"):
        yield "its rule is not the one that it names"
    text = result.get("message", {}).get("text", "")
    if not 1 <= len(text.strip()) <= 2048:
        yield f"a message of {len(text)} characters"
    if result.get("kind", "fail") != "fail" and result.get("level") != "none":
        yield "a level although it is no fail"
    if not 1 <= len(result.get("locations", [])) <= 100:
        yield "no location"
    for location in result.get("locations", []):
        yield from _place(location.get("physicalLocation", {}))
    prints = result.get("partialFingerprints", {})
    if not prints:
        yield "no fingerprint"
    line = prints.get("primaryLocationLineHash", "0:1")
    if not re.fullmatch(r"[0-9a-f]{1,16}:[1-9][0-9]*", line):
        yield "a line hash that is none"


def _place(physical: dict[str, Any]) -> Iterator[str]:
    artifact = physical.get("artifactLocation", {})
    if not _RELATIVE.fullmatch(artifact.get("uri", "")) or ".." in artifact.get("uri", "").split("/"):
        yield f"the path {artifact.get('uri')!r}"
    if artifact.get("uriBaseId") != "%SRCROOT%":
        yield "a path without its root"
    region = physical.get("region", {})
    start = region.get("startLine", 0), region.get("startColumn", 0)
    end = region.get("endLine", 0), region.get("endColumn", 0)
    if min(*start, *end) < 1 or end <= start:
        yield f"the region {start} to {end}"
