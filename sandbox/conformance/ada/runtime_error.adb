procedure Main is
begin
   raise Program_Error; -- here
end Main;
