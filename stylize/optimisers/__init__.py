"""Optimisers, and the learning rates of their steps."""
