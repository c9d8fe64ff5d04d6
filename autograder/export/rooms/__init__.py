"""`use_rooms` under the name that courses import in `nbgrader_config.py`; it lives with nbgrader's family."""

from autograder.nbgrader.execute import RoomExecute, use_rooms

__all__ = ["RoomExecute", "use_rooms"]
