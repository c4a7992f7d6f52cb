"""みずほ銀行, 0001: 全銀 files over HTTP, many transfers in one (docs/banks/mizuho.md)."""
