proc fail(point: int) =
  raise newException(ValueError, "got here: " & $point)

fail(1)
