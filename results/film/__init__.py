"""Films of how images came about, and of clips."""
