"""What the API description says: each route's operation, the answers' models, the document."""
