with Ada.Command_Line; use Ada.Command_Line;

procedure Main is
begin
   Set_Exit_Status (7);
end Main;
