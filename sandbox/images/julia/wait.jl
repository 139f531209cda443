# Loaded by an interpreter that is started before there is a program: `julia --startup-file=no -L wait.jl main.jl`. Afterwards julia
# goes on with its program as ever. The module has no name that the program could find.
Base.include(Module(:Waits), joinpath(@__DIR__, "waits.jl"))
