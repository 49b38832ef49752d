"""What a bank does with its books: deliveries, builds, releases, and the commands and jobs that ask for them.

How Polars handles memory is settled here, since it looks once, when it is first imported: parts of a large
book come and go by the gigabyte, and by itself it gives every one back to the system within half a second
and asks for it again, page by page.
"""

import os

os.environ.setdefault(
    "_RJEM_MALLOC_CONF",
    # What was let go of is held on to for ten seconds, and then given back in earnest.
    f"dirty_decay_ms:10000,muzzy_decay_ms:0,narenas:{os.cpu_count() or 1}",
)
