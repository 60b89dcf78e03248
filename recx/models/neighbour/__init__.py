"""Users like you, items like these."""
