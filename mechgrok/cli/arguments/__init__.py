"""Forms of arguments that tyro does not read: lists, and other names of flags."""
