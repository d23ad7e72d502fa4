"""Losses: one file a term, the targets they compare with, and the objective that sums them."""
