"""What a scan looks for, one topic or two per file: from a `View` to findings."""
