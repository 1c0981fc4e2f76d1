"""Ways to write tagged passages: a table to read, JSON lines to go on with."""
