defmodule Other do
  def greeting, do: "Hello from the other file!"
end
