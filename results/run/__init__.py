"""The folder that a sweep writes: its files, rows and their commits, merging, verifying."""
