"""The parts of the task `table`: its content as text, its CSV file, and the operation that its labels follow."""
