"""What can only be seen while training, one file each."""
