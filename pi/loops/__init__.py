"""What training loops of other people share, whichever library they are written in: numpy alone."""
