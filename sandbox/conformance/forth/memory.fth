: grow begin 1048576 allocate drop 1048576 1 fill again ;
grow
