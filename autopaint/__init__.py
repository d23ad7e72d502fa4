"""The auto-painter of Liu et al. 2017: sketches, hints, the networks that colour them, and their training.

Arrays and tensors in, arrays and tensors out. No YAML, no Ray.
"""
