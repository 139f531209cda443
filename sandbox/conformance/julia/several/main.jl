include("other.jl")

println(Other.greeting())
