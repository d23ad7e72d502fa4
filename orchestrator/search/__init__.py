"""A search: points that are proposed from the results of earlier ones, by Optuna."""
