"""Forward passes as functions of weights, and what they share."""
