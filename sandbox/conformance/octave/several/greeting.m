function line = greeting()
  line = "Hello from the other file!";
end
