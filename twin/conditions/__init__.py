"""What a user asks of a sample, compiled to what is asked of a model, and drawn.

May import columns, models, sampling and constraints. Begin with `request.py`.
"""
