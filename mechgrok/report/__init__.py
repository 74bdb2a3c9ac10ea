"""What we found: a page and a JSON summary for each run, and an index over several. Nothing here computes, nothing needs torch."""
