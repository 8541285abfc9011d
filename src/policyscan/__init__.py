"""Policy-as-code compliance checks whose results can be proved."""

from policyscan.version import __version__

__all__ = ["__version__"]
