"""What in a table could identify someone, and what is missing, before anything is fitted."""
