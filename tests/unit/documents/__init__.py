"""Every block of code in the documentation, held to what it talks of."""
