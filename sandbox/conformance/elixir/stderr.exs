IO.puts(:stderr, "to standard error")
