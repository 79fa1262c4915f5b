"""What a release was made of and what came out, in hashes, and a signature that binds them."""
