"""The gateway: the page, pictures and QR codes over HTTP, and the configuration of Envoy in front."""
