program main
  character(len=80) :: line
  integer :: status, i
  do
    read (*, '(a)', iostat=status) line
    if (status /= 0) exit
    do i = 1, len_trim(line)
      if (line(i:i) >= 'a' .and. line(i:i) <= 'z') line(i:i) = achar(iachar(line(i:i)) - 32)
    end do
    print '(a)', trim(line)
  end do
end program main
