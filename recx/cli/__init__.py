"""Words, flags and printing: one file per verb, no logic."""
