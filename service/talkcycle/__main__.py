"""``python -m talkcycle``."""

from talkcycle.cli.main import main

main()
