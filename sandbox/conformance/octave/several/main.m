disp(greeting())
