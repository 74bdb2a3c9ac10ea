"""What happened: folders of runs, and their reading."""
