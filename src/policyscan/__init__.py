"""Policy-as-code scans whose results can be proved.

    import policyscan

    report = policyscan.scan("inventories", profile="insurer", as_of="2026-10-31")
    print(policyscan.render(report, "markdown"))
    raise SystemExit(report.exit_code)

In: paths, or documents as values. Out: a `Report`, or a `PolicyscanError` whose `problems` have their places.
Everything is imported when it is first used, so that a start costs nothing that is not wanted.
"""

from typing import TYPE_CHECKING

from policyscan.version import __version__

if TYPE_CHECKING:
    from policyscan.errors import (
        ConfigError,
        DocumentError,
        PolicyError,
        PolicyscanError,
        Problems,
        UsageError,
    )
    from policyscan.findings import Problem, Report, Result, Severity, Status
    from policyscan.session.api import Policies, evaluate, load_policies, render, scan, validate, waive
    from policyscan.session.validation import Validation

__all__ = [
    "ConfigError",
    "DocumentError",
    "Policies",
    "PolicyError",
    "PolicyscanError",
    "Problem",
    "Problems",
    "Report",
    "Result",
    "Severity",
    "Status",
    "UsageError",
    "Validation",
    "__version__",
    "evaluate",
    "load_policies",
    "render",
    "scan",
    "validate",
    "waive",
]

if not TYPE_CHECKING:  # where a type checker looks, a name that is not there has to stay an error
    _HOMES = {
        "errors": (
            "ConfigError",
            "DocumentError",
            "PolicyError",
            "PolicyscanError",
            "Problems",
            "UsageError",
        ),
        "findings": ("Problem", "Report", "Result", "Severity", "Status"),
        "session.api": ("Policies", "evaluate", "load_policies", "render", "scan", "validate", "waive"),
        "session.validation": ("Validation",),
    }

    def __getattr__(name):
        """A public name, imported when it is first used."""
        for home, names in _HOMES.items():
            if name in names:
                from importlib import import_module

                made = globals()[name] = getattr(import_module(f"policyscan.{home}"), name)
                return made
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return sorted({*globals(), *__all__})
