"""The emulator of みずほ 0001: 全銀 files over HTTP, accepted first, their results later."""
