IO.puts("first")

IO.puts(here)
