program main
  call exit(7)
end program main
