"""Comparison sheets: which trial is in which cell, how large all is, and painters for pixels, SVG and PDF."""
