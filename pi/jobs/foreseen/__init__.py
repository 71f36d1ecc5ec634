"""What a job would do and how long it would take here, told without doing it."""
