let () =
  Array.iteri (fun i word -> if i > 0 then print_endline word) Sys.argv
