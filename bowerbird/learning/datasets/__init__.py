"""Datasets: from what people agreed to teach, through the one gate, to files that say what is in them."""
