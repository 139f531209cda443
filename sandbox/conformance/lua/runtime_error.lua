local function fail()
    error("got here")
end

fail()
