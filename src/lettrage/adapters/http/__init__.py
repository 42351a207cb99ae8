"""The web service: Divalto's page at `/webservice`, our own at `/api/v1`, and what operators look at.

A call is *let in* (edge), *recognised* (door), *carried out* in the thread pool, *answered*. Nothing here decides about
money: the same `settle`, `perform` and `load` stand behind as behind the command line.
"""
