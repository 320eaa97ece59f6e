"""Pixels: readers for sky files, stretches for the eye, stamps from fields, source detection."""
