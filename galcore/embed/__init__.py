"""An encoder over a whole workspace: resumable shards of float16 vectors with a manifest."""
