program main
  interface
    function greeting() result(line)
      character(len=26) :: line
    end function greeting
  end interface
  print '(a)', greeting()
end program main
