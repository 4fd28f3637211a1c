"""Kidney disease: estimated glomerular filtration."""
