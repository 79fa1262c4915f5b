"""Twins of tables about people."""
