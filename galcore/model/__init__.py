"""The encoder: backbones, shipped weights, the pixels they want, and how they were trained."""
