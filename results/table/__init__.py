"""A run's rows as tables: loading, labels, axes, SQL, comparing two runs."""
