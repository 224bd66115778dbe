"""Sounds of single sources, made from noise, oscillators, resonators and plucked strings."""
