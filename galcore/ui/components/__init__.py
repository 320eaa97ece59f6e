"""Components that run in the browser: each Python that mounts its HTML, CSS and JavaScript."""
