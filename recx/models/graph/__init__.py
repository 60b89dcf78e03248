"""Models that walk or convolve the user-item graph."""
