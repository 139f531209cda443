program main
  use iso_fortran_env, only: error_unit
  write (error_unit, '(a)') 'to standard error'
end program main
