"""The leak test: canaries that too few persons hold are planted, and looked for in all that a twin gives.

May import all rooms but the command line. Begin with `run.py`: plans, planting, search, result.
"""
