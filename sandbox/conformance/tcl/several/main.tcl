source other.tcl
puts [greeting]
