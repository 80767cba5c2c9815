import signal

# A shell that runs the tests in the background has them ignore Ctrl-C, and every process they start
# inherits that; tests of Ctrl-C need the terminal's way.
signal.signal(signal.SIGINT, signal.default_int_handler)
