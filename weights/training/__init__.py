"""How the embedded networks are made. `python -m weights.training` draws the pictures, trains both slim networks, and
writes them; `steerable` designs the steerable ones without training.

`drawing` and `data` make the pictures and crops, `disturb` adds noise to the crops, `filters` and `network` make the
untrained networks, `objective` has the losses, `train` the training steps, and `export` writes the shipped files. This
package is not in the wheel.
"""
