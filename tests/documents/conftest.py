"""What every test here may ask for."""

from tests.workshop import kinds, refuse, workshop

__all__ = ["kinds", "refuse", "workshop"]
