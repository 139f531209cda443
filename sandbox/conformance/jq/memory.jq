[range(infinite) | tostring * 1000]
