Code.require_file("other.exs")

IO.puts(Other.greeting())
