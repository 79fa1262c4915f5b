"""Scores to documents; computes nothing."""
