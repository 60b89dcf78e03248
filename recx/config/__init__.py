"""Composing settings from conf/ and the command line, and explaining them."""
