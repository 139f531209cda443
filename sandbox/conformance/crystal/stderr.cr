STDERR.puts "to standard error"
