procedure Main is
   type Block is array (1 .. 1_048_576) of Character;
   type Link is access Block;
   Kept : Link;
   pragma Volatile (Kept);
begin
   loop
      Kept := new Block'(others => 'x');
   end loop;
end Main;
