"""`twin` beside its peers: the same tables, the same split, the same scorer, one process per fit."""
