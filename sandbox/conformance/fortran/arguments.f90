program main
  character(len=80) :: word
  integer :: i
  do i = 1, command_argument_count()
    call get_command_argument(i, word)
    print '(a)', trim(word)
  end do
end program main
