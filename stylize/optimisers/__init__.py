"""How images are changed to make their losses smaller, and by how much at each step."""
