kept = Vector{Float64}[]
while true
    push!(kept, ones(131072))
end
