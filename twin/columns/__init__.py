"""What a column is: kinds, schema, codes and back."""
