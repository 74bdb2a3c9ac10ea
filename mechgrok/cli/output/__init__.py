"""What commands print while they work and when they are interrupted."""
