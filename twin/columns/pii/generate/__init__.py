"""Identities invented afresh: what is drawn is a function of the seed, the row's number and the person."""
