: fail 1 throw ; \ here
fail
