"""Pretraining: pictures, views, objectives, schedules, runs; import from the module that has it."""
