local kept = {}
while true do
    kept[#kept + 1] = ("x"):rep(1048576) .. #kept
end
