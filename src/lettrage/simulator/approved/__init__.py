"""An approved platform (plateforme agréée) on this machine, by XP Z12-013 1.3.0: flow service and directory service."""
