for line in eachline()
    println(uppercase(line))
end
