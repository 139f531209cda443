disp("first")

disp("here" ]
