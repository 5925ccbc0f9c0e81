"""How oddly Amazon may answer: each manner a named switch with a share, alike for one seed, whatever else happens.

The state stays the simulator's own: an answer may hide, delay or garble what was done, and `effects`, the histories of
`inventory` and the marketplace's own view still tell the truth. `catalogue` lists all manners, `layers` says which
stand before which operation, `incidents` is what comes by itself. Each names the document or the report it comes of.
"""
