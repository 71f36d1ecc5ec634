"""Examples, each a file that runs as it is; tests run them all."""
