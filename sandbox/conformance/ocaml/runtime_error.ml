let () =
  if Array.length Sys.argv < 5 then
    failwith "got here"
