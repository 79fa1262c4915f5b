"""Models: codes in, a fitted generator of codes out."""
