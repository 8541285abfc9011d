"""Run Rego rules over a folder of YAML inventories with regorus (PyPI opa-eval), in one process.

    python benchmarks/rego_driver.py RULES.rego FOLDER

regorus evaluates JSON text, so that reading the YAML is PyYAML's C loader and `json.dumps`: what
anyone would write around it. Findings are printed as JSON; there are no places to give.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import opa_eval
import yaml


class Loader(yaml.CSafeLoader):
    """The C loader that leaves dates as text, as Rego compares them."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def main() -> None:
    rules, folder = sys.argv[1:]
    engine = opa_eval.OpaEval(rules, query="data.essentials.findings")
    found = {}
    for path in sorted(Path(folder).glob("*.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506 - a safe loader
        found[path.name] = engine.evaluate_parsed(json.dumps(document))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
