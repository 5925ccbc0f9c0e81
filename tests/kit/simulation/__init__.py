"""The whole connector on virtual time: two or three workers in one thread, over Kafka in memory and the project's own
simulator of Amazon, killed, frozen and cut off at times that a seed decides. `python -m tests.kit.simulation --help`;
what it proves, what not, and how to read a failure: docs/simulation.md.

    plan.py, draw.py   what a seed comes to: inputs and troubles, as data that can be made fewer
    world.py           one run of a plan; oms.py, trade.py, queue.py, amazon.py are whom the workers meet
    worker.py          a worker as a process; edges.py: the only places where it is not the real one
    engine/            virtual time, clocks and chance; the log, its clients and the group; what Faust is asked for
    check/             the rules, read from outside (log, Amazon's call log, documents)
    run.py             run, judge, shrink, tell; sabotage.py: planted bugs, which must be found

Modules take clocks as default arguments, so nothing of the connector may be imported before `clocks.install()`: a
simulation is a process of its own (`__main__`), and tests start it.
"""
