"""Comparisons that print figures: `make bench` runs them, and what they found is kept beside them."""
