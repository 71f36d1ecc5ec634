"""One file an entry point: parse, build, call, log."""
