"""From points to trials and batches: what will be done, with what, and how long it takes. No Ray, no torch."""
