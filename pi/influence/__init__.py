"""The contribution: how much of the total loss is perceptual, and which lambda makes it so."""
