"""What is left behind by processes that ended before their time."""
