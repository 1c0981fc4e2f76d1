"""Ways to write tagged passages: a table or a page to read, JSON and CSV to go on with."""
