disp("so far, so good")
error("got here");
