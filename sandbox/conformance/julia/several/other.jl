module Other

greeting() = "Hello from the other file!"

end
