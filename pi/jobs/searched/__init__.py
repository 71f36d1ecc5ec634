"""A search of lambda as its workers share it."""
