"""What `import pi` offers to a Python program: one function a file, arrays and tables in and out.

Nothing here prints, parses a command line, starts a run of MLflow or ends the process; what cannot
be is told by an exception of `pi.errors.PiError`.
"""
