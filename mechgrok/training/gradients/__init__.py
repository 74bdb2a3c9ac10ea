"""What is done to gradients before the optimiser sees them, one file each."""
