"""PISTE and Chorus Pro on one's own machine, over real HTTP: the qualification platform that needs no credentials.

What it knows comes from the published protocol alone. It shares no code with the connector, so that one cannot hide
the other's mistake.
"""
