"""Networks trained by us: recipes, the data shelf, calibration. Our code alone; a network arrives as its record."""
