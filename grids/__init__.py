"""The grids that come with the project, and `pictures.yaml`, which names pictures. Data only."""
