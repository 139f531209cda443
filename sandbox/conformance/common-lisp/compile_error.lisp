(write-line "first")

(write-line "here"
