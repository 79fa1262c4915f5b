"""A generative adversarial net over codes, `model="ctgan"`.

May import models; torch only in `nets.py` and `dp_gan.py`. Begin with `gan.py`.
"""
