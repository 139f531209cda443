program Main;
begin
  WriteLn(StdErr, 'to standard error');
end.
