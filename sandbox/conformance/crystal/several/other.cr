def greeting
  "Hello from the other file!"
end
