"""`python -m policyscan`."""

from policyscan.cli.main import main

main()
