(load "other.scm")

(display (greeting))
(newline)
