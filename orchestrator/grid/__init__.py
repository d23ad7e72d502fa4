"""From a YAML file to the points of a grid, with the place of every entry for messages."""
