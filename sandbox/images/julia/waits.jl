# Says on descriptor 4 that it waits, and takes command and environment from descriptor 3: the lists of docs/agent-protocol.md
# (count | (length | bytes)*, 32 bits each, big endian).
const CONTROL, READY = 3, 4
const HAS_INPUT = 1 # POLLIN

read_number(io) = Int(ntoh(read(io, UInt32)))
read_text(io) = String(read(io, read_number(io)))
read_list(io) = String[read_text(io) for _ in 1:read_number(io)]

# Same process, same standard streams: for a program that is to be run by other words than what waits was started with.
function start_again(command)
    words = Ptr{UInt8}[pointer.(command); C_NULL]
    GC.@preserve command ccall(:execvp, Cint, (Cstring, Ptr{Ptr{UInt8}}), command[1], words)
    ccall(:_exit, Cvoid, (Cint,), 127)
end

function take(command, environment, started_as)
    for setting in environment
        name, value = split(setting, '='; limit = 2)
        ENV[name] = value
    end
    known = length(started_as)
    command[1:min(known, end)] == started_as || start_again(command)
    arguments = command[known+1:end]
    append!(Core.ARGS, arguments)
    separator = findfirst(isequal("--"), arguments) # the first one is julia's own
    separator === nothing || deleteat!(arguments, separator)
    append!(ARGS, arguments)
end

function say_ready()
    ccall(:write, Cssize_t, (Cint, Cstring, Csize_t), READY, "1", 1)
    ccall(:close, Cint, (Cint,), READY)
end

# Also where the slot closes.
function a_program_is_there()
    asked = Ref(UInt64(CONTROL) | UInt64(HAS_INPUT) << 32) # struct pollfd
    return ccall(:poll, Cint, (Ref{UInt64}, Culong, Cint), asked, 1, 0) != 0
end

function take_program(control)
    eof(control) && ccall(:_exit, Cvoid, (Cint,), 0) # the slot closes: there will be no program
    take(read_list(control), read_list(control), ["julia", "--startup-file=no", PROGRAM_FILE])
    close(control)
end

# What is called the first time is compiled then: so it is before there is a program.
open(zeros -> (read_text(zeros); take(read_list(zeros), String[], String[])), "/dev/zero")
take(["a"], ["CODERUNNER=1"], ["a"])
delete!(ENV, "CODERUNNER")
say_ready()
if !a_program_is_there()
    Base.include(Module(:Rehearsal), joinpath(@__DIR__, "rehearsal.jl"))(a_program_is_there)
end
take_program(Base.fdio(CONTROL, true))
