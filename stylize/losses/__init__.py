"""Losses: a file for each loss, the targets they compare with, and the objective that adds them up."""
