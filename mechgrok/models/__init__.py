"""What learns: a network, its initial weights, and a faster way to compute it."""
