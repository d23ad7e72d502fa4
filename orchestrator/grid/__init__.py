"""From a YAML file to the points of a grid, with the position of every entry for messages."""
