program main
  integer, volatile :: i
  do
    i = 1
  end do
end program main
