"""Policy-as-code compliance checks whose results can be proved."""

__version__ = "0.1.0"
