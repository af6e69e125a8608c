"""One measure a file: pixels in, numbers out. Limits live in ``qc.limits``; a measure says what it saw and where."""
