"""The training of the slim networks: `python -m weights.training` draws the pictures, trains both networks, and writes
them.

`drawing` and `data` make the pictures and crops, `disturb` adds noise to the crops, `filters` and `network` make the
untrained networks, `objective` has the losses, `train` the training steps, and `export` writes the shipped files. This
package is not in the wheel.
"""
