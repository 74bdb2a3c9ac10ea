"""The files of a run as plain data, each read whole or refused in a line that names it."""
