"""What the Review page shows, as pure functions of labels, catalogue and model probabilities."""
