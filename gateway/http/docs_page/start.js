// A file of its own: the page's policy allows no script inside the page.
"use strict";

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  persistAuthorization: false, // a token stays in no browser's storage
  syntaxHighlight: { activated: true },
  tryItOutEnabled: true,
  validatorUrl: null, // nothing is asked of anybody else
});
