"""What palermo does with any bytes: a function for each kind of input, and a folder of seeds."""
