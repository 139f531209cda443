with Ada.Text_IO; use Ada.Text_IO;
with Other;

procedure Main is
begin
   Put_Line (Other.Greeting);
end Main;
