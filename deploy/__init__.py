"""What runs CodeRunner: images, languages, development stack, service files."""
