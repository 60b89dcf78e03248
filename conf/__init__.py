"""The configs of recx, installed as recx.conf."""
