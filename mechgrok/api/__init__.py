"""What commands do, as functions: the command line is a thin layer over them."""
