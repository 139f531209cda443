program Main;
uses Other;
begin
  WriteLn(Greeting);
end.
