"""Offline A/B: what the test log says of showing people one run instead of another."""
