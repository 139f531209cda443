print("first")

local x = = here
