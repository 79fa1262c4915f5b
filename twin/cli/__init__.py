"""The command line: each command is a call of the public functions.

May import all rooms. Begin with `main.py`.
"""
