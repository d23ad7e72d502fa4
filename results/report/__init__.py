"""A report of a run: one HTML file, or a PDF, that a researcher can hand in."""
