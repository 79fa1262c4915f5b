"""How facts may leave the data: numbers in, numbers out."""
