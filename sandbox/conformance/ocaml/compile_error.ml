let () =
  print_endline "first";
  print_endline here
