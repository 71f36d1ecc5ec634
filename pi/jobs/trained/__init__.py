"""How a training starts, goes on and ends."""
