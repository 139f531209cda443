program main
  implicit none
  print *, here
end program main
