program Main;
var n: integer;
begin
  n := ParamCount;
  WriteLn(1 div n); { here }
end.
