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
MAX_UNPACKED: Final = 128 * 1024 * 1024
"""How many bytes all parts of one workbook may unpack into."""
MAX_WORKBOOK_PARTS: Final = 2_000
"""How many parts a workbook may consist of."""
MAX_CELLS: Final = 400_000
"""How many cells all sheets of one workbook may have: reading one costs as much as reading seven of CSV."""
MAX_COLUMNS: Final = 500
"""How many columns a table may have, be it a sheet or CSV: each that nobody knows is told by itself."""
