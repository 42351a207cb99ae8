"""The refusals of the store and of the command line: they need files, locks and full disks, so each has a test."""

SHOWN_BY_A_TEST: dict[str, str] = {}
