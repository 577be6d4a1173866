"""One acceptance for any Functions host: it sees only what Azure and Microsoft Graph would see."""
