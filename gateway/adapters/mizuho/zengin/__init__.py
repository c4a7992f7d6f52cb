"""全銀 records as pure code: layouts as data, and what stands in them as values."""
