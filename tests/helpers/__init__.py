"""What several test files share: tables, doubles, readers, and checks that any part must pass."""
