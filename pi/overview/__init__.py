"""What a reader of many runs asks first: what runs now, what came out, what is wrong, what next."""
