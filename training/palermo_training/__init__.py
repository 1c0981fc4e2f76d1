"""What makes and measures palermo's models. Needs scikit-learn; the models do not."""
