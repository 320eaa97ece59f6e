"""The annotation grid: pictures, marks, keys and an outbox in the browser; labels and the loop in Python."""
