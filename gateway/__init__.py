"""Async gateway between a consumer lender and five Japanese banks."""
