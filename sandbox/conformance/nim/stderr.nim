stderr.writeLine("to standard error")
