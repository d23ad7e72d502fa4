"""Metrics: measures of finished images. They are not part of the loss."""
