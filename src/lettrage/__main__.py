"""`python -m lettrage`."""

from lettrage.cli import main

main()
