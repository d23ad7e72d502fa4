"""Comparison sheets: the layout of trials in cells, the sizes, and painters for pixels, SVG and PDF."""
