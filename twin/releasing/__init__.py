"""A release in one call: split by subject, fit, sample, report, and data only where the policy lets them go.

May import all rooms but the command line. Begin with `release.py`.
"""
