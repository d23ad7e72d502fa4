"""How the slim networks come about: `python -m weights.training` draws the pictures, trains both, and writes them.

`drawing` and `data` make what they learn from, `disturb` what that suffers, `filters` and `network` where they start,
`objective` what they learn, `train` the steps, and `export` the shipped files. It is no part of the wheel.
"""
