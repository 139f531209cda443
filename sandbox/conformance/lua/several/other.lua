return {
    greeting = function()
        return "Hello from the other file!"
    end,
}
