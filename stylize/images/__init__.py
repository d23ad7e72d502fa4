"""Images before, during and after the optimisation: initial images, colours, pyramids, snapshots."""
