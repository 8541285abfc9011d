"""Regular expressions that are compiled when they are first used: a start needs few of a hundred.

In: a pattern as for `re.compile`. Out: what does the same. Those that nearly every run uses are better
compiled at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

__all__ = ["when_used"]

if TYPE_CHECKING:

    def when_used(pattern: str, flags: int = 0) -> re.Pattern[str]:
        """The pattern, compiled when first used."""

else:

    class when_used:  # noqa: N801 - it stands for a function
        """The pattern, compiled when first used; what was used once is found as fast as on the pattern."""

        def __init__(self, pattern: str, flags: int = 0) -> None:
            self.made: tuple[str, int] | re.Pattern[str] = (pattern, flags)

        def __getattr__(self, name: str) -> Any:
            if isinstance(self.made, tuple):
                self.made = re.compile(*self.made)
            value = getattr(self.made, name)
            setattr(self, name, value)
            return value
