"""The command `sweep`: one file a command. Options, messages and exit codes; the work is done elsewhere."""
