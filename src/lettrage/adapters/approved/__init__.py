"""Approved platforms over HTTP (XP Z12-013 1.3.0), and the ports `FlowService` and `DirectoryService`."""
