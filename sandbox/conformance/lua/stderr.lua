io.stderr:write("to standard error\n")
