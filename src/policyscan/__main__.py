"""`python -m policyscan`.

In: the arguments of a process. Out: its exit code, as the command `policyscan` gives it.
"""

from __future__ import annotations

from policyscan.cli.main import main

if __name__ == "__main__":  # processes that share a scan import this module, too
    main()
