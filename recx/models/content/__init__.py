"""Content models: what items say about themselves, sold before or not."""
