"""Whether low-contrast lesions stay detectable: model observers, and what they look at."""
