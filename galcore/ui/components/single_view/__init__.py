"""One galaxy at a time: questions, answers by key and the way back in the browser; labels in Python."""
