"""`python -m orchestrator` is the command `sweep`, also where it is not installed."""

from orchestrator.command.main import main

main()
