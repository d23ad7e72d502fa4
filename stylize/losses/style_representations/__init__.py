"""How styles are compared at a layer: one file for each value of the setting `style_representation`."""
