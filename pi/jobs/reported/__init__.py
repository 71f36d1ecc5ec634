"""What a report of an experiment is made of, read from its runs."""
