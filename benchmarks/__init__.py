"""One file a benchmark: what is compared, the ratio printed."""
