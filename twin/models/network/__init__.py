"""An autoregressive net over codes, `model="network"`, and the loops that train nets.

May import models; torch only in the files that train. Begin with `network.py`.
"""
