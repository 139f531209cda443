function fail()
    error("got it") # here
end

fail()
