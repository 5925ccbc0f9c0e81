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
    from tests.simulation import check
    c2 = clocks.real_cpu_s()
    fs = check.faults(w)
    print("check cpu", clocks.real_cpu_s()-c2)
    if "-h" in sys.argv:
        for h in w.happened: print(f"{h.at_s:10.3f} {h.what}")
    for f in fs: print(f)
    if "-g" in sys.argv:
        g = sys.argv[sys.argv.index("-g")+1]
        from tests.simulation.edges import CODEC
        rows=[]
        for r,wr in w.kafka.history:
            if r.topic.endswith("changelog"): t=(r.value or b"").decode()
            else:
                try: t=str(CODEC.decode(r.topic, r.value))
                except Exception as e: t=repr(e)
            if g in t or g in (r.key or b"").decode(): rows.append((r.timestamp/1000-clocks.EPOCH_S, f"{wr} -> {r.topic}/{r.partition}/{r.offset} {r.key} {t[:int(sys.argv[sys.argv.index('-g')+2])]}"))
        for c in w.network.departed:
            if g in c.target or g in c.body: rows.append((c.at_s, f"{c.worker} {c.process} {c.method} {c.target} {c.status} heard {c.heard_at_s} {c.body[:200]}"))
        rows += [(h.at_s, h.what) for h in w.happened if not h.what.startswith(("Update","Garbage"))]
        for t, x in sorted(rows): print(f"{t:10.3f} {x}")
    import collections
    print(collections.Counter(r.topic for r,_ in w.kafka.history))
    print(collections.Counter(c.operation for c in w.simulator.calls))
    print({k: v.loop.surprises for k, v in w.workers.items()}, w.ends)
    for k, st in list(w.simulator.inventory.stock.items())[:5]: print(k, st.posted, st.sequence)
    for s in w.trade.orders: print(s, w.simulator.shipments[s].status)
    print("cpu", c1-c0, "hours", (w.timeline.now_s-1000)/3600, "steps", w.timeline.steps)
main()
