"""How much of a file is read before it is refused: nothing that people write comes near these.

In: nothing. Out: numbers, which the readers compare with what they meet.
"""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 16 * 1024 * 1024
"""The largest file that is read, in bytes; a larger one is refused before it is read."""
MAX_DEPTH: Final = 100
"""How many lists and mappings may stand inside one another."""
MAX_EVENTS: Final = 1_000_000
"""How many values, keys and ends of containers one file may have."""
MAX_SCALAR: Final = 1_000_000
"""The longest text of one value, in characters."""
MAX_COPIED: Final = 100_000
"""How many values aliases may add to one file."""
MAX_KEY: Final = 1024
"""The longest key, in characters. This limit is not ours: YAML looks no further back from a colon."""
MAX_PARTS: Final = 1_000_000
"""How many rows, and parts of rows that have keys of their own, one table may have."""
