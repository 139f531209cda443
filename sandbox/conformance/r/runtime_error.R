fail <- function() {
  stop("got here")
}

fail()
