"""The split of the table into train and test rows, and the corruption of train labels."""
