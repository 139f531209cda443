program Main;
uses SysUtils;
var line: string;
begin
  while not Eof do
  begin
    ReadLn(line);
    WriteLn(UpperCase(line));
  end;
end.
