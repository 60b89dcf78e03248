"""A package of its own whose model does what its settings say; recx finds it by its entry point."""
