"""The retraining loop: a small learner on frozen embeddings, and a composer that picks what is shown next."""
