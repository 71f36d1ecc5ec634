"""Medical contexts: an encoder learns tasks on CT that nobody had to label."""
