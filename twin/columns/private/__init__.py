"""Columns learned under a privacy budget: what is told passed the private door, all else is public."""
