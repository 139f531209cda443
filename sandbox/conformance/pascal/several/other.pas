unit Other;

interface

function Greeting: string;

implementation

function Greeting: string;
begin
  Greeting := 'Hello from the other file!';
end;

end.
