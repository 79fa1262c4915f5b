"""Limits for a twin, and the verdict on them."""
