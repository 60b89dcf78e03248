"""A finished run against a baseline file: pass, regression, or not enough users to tell."""
