"""Commands: parse, call one function, print.

Two settings make every command start sooner; each was measured on ``timeline``, which people wait for.
"""

import gc
import os

# What imports make lives for ever; looking for garbage among it took a fifth of a command's time.
gc.set_threshold(50_000, 20, 50)
# Looking for plugins loads importlib.metadata: 19 ms, and there are none.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
