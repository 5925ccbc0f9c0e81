import sys, tempfile
from pathlib import Path
from tests.simulation.engine import clocks
clocks.install()
from tests.simulation import edges
from tests.simulation import plan, world
edges.install()
import logging
def main():
    seed = int(sys.argv[1])
    pl = plan.draw(seed, float(sys.argv[2]) if len(sys.argv)>2 else 1.0)
    if "-q" in sys.argv:
        from dataclasses import replace
        pl = replace(pl, actions=tuple(a for a in pl.actions if isinstance(a, plan.Input)))
    logging.basicConfig(level=logging.WARNING) if "-v" in sys.argv else logging.disable()
    with tempfile.TemporaryDirectory() as d:
        w = world.World(pl, Path(d))
        c0 = clocks.real_cpu_s()
        w.run()
        c1 = clocks.real_cpu_s()
    if "-t" in sys.argv:
        import asyncio
        for t in asyncio.all_tasks(w.workers["worker-1"].loop): t.print_stack(limit=3)
    for h in w.happened: print(f"{h.at_s:10.3f} {h.what}")
    import collections
    print(collections.Counter(r.topic for r,_ in w.kafka.history))
    print(collections.Counter(c.operation for c in w.simulator.calls))
    print({k: v.loop.surprises for k, v in w.workers.items()}, w.ends)
    for k, st in list(w.simulator.inventory.stock.items())[:5]: print(k, st.posted, st.sequence)
    for s in w.trade.orders: print(s, w.simulator.shipments[s].status)
    print("cpu", c1-c0, "hours", (w.timeline.now_s-1000)/3600, "steps", w.timeline.steps)
main()
