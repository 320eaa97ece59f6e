"""Long work outside the web process: submit, watch, cancel, resume.

A job is a folder ``<workspace>/runs/<job>`` and one process of the command line. Everything about it is on
disk, so it outlives the server that started it and any process may look at it.
"""

from galcore.jobs.job import Job, JobProgress, JobStatus
from galcore.jobs.queue import cancel_job, jobs, submit

__all__ = ["Job", "JobProgress", "JobStatus", "cancel_job", "jobs", "submit"]
