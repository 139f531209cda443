# What many programs call, called once, as it is compiled then: for a standard output that is a pipe. A second of processor time in
# steps of 0.2 s at most, until there is a program. What costs more than it spares (sets, matrices, types, the REPL's way to show
# things) is left to those that need it.
struct Point
    x::Int
end

function count_words()
    counts = Dict{String,Int}()
    for word in split(lowercase("the quick brown fox and the dog"))
        counts[word] = get(counts, word, 0) + 1
    end
    for (word, number) in counts
        println(rpad(word, 8), lpad(number, 3), " $word: $(number / 2)")
    end
end

function catch_error()
    try
        error("nothing")
    catch caught
        println(caught.msg)
    end
end

const STEPS = [
    () -> println("Hello", 1, 1.5, true),
    count_words,
    () -> println([1, 2, 3]),
    () -> println([1.5, 2.5]),
    () -> println(sum([1, 2, 3]), " ", sum([1.0, 2.0]), " ", maximum([1, 2]), " ", round(3.14159, digits = 2)),
    () -> println(map(x -> x^2, [1, 2, 3]), filter(isodd, [1, 2, 3]), sort([3, 1, 2]), [x^2 for x in 1:5 if isodd(x)]),
    () -> println(join(["a", "b"], ", "), parse(Int, "42"), string(1.5, "x"), uppercase("a"), strip(" a "), reverse("abc")),
    () -> println(Point(1)),
    catch_error,
]

function rehearse(is_over)
    output = stdout
    from, into = redirect_stdout()
    reading = @async read(from, String)
    for step in STEPS
        is_over() && break
        Base.invokelatest(step)
    end
    redirect_stdout(output)
    close(into)
    wait(reading)
end
