(display "first\n")

(display "here" ]
