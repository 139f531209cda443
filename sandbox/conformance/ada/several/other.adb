package body Other is
   function Greeting return String is
   begin
      return "Hello from the other file!";
   end Greeting;
end Other;
