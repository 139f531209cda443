: run begin again ;
run
