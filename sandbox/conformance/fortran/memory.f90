program main
  type :: block
    real, allocatable :: values(:)
  end type block
  type(block) :: kept(100000)
  integer :: i
  do i = 1, 100000
    allocate (kept(i)%values(262144))
    kept(i)%values = real(i)
  end do
  print *, kept(7)%values(7)
end program main
