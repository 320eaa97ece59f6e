"""Images to restore, attempts at it and their pictures, for the browser."""
