"""What is asked of a sample."""
