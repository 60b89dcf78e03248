"""Rankings and ratings -> numbers: one formula family per file, the protocol, the statistics."""
