"""What an adversary would get out of a twin: one attack per file."""
