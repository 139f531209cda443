package Other is
   function Greeting return String;
end Other;
