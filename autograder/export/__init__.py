"""The names that courses' `nbgrader_config.py` import."""
