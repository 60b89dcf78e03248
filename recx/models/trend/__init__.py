"""Demand of the whole shop, carried forward in time."""
