puts {{ system("{shell}").stringify }}
