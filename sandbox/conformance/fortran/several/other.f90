function greeting() result(line)
  character(len=26) :: line
  line = 'Hello from the other file!'
end function greeting
