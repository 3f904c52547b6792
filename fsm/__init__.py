"""fsm: from the technician's van to the ledger."""

import gc

# Loading the program makes a third of a million objects that stay: at Python's own pace the collector goes over them some
# hundred times meanwhile, half a second of each start. A request makes more than Python's seven hundred by far.
gc.set_threshold(20_000, 20, 20)
