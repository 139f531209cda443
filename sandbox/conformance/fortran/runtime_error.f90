program main
  integer :: n
  character(len=4) :: text = 'here'
  read (text, *) n ! from here
end program main
