"""One file, one result; `sandbox.reproduction.result` says what a file holds."""
