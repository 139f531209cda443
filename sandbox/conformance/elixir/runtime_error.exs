defmodule Main do
  def fail, do: raise("got here")
end

Main.fail()
