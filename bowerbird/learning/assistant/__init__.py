"""What the assistant learns of which answers people here like better."""
