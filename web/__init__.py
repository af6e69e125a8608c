"""The console and the archive's interface. No rule of the work lives here."""
