"""What lists are to be besides relevant: weights, floors, and what they cost."""
