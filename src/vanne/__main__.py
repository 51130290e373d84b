"""`python -m vanne` is the command line."""

from vanne.cli import main

main()
