let () =
  try
    while true do
      print_endline (String.uppercase_ascii (read_line ()))
    done
  with End_of_file -> ()
