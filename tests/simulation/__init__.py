"""The whole system in one thread under one seed: clock, network, portal, disk, users; laws after each step.

    python -m tests.simulation --seeds 2000 --steps 500      # many lives; prints what was done and how fast
    python -m tests.simulation --seed 4711                   # one life, told step by step
    python -m tests.simulation --planted last_status_wins    # a mistake put in on purpose: which seed finds it

What runs is the program itself over books in SQLite; around it everything is ours and obeys the seed. `chance` rolls
the die and decides the faults, `clock` is the time of everybody, `network` carries what is asked and answered,
`callers` ask (and ask again), `asking` is what may be asked, `service` is the program behind its gate, `portal` Chorus
Pro, `sending` the workers. `ledger` is what the books must show, by the simplest means; `laws` compare. `world` puts
all of it together and lives.
"""
