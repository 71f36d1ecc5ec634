"""One file per entry point: `job(parameters, tracker) -> result`. No printing, no parsing."""
