"""`python -m policyscan`."""

from __future__ import annotations

from policyscan.cli.main import main

if __name__ == "__main__":  # processes that share a scan import this module, too
    main()
