while ischar(line = fgetl(stdin))
  disp(toupper(line))
end
