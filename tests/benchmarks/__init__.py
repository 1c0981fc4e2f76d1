"""Speed, size and quality side by side with peers; ``make bench`` and ``make bench-quality``."""
