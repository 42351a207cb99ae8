"""Other programs doing the same work, each in a process and a virtual environment that the project never imports."""
