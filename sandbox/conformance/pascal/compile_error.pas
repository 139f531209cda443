program Main;
begin
  WriteLn(here);
end.
