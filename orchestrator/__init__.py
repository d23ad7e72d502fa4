"""From a YAML grid to committed rows: grid → trials → batches → Ray → rows, and the command `sweep`."""
