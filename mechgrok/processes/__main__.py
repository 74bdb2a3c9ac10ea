"""`python -m mechgrok.processes`: a process that calls functions."""

from mechgrok.processes.worker import main

main()
