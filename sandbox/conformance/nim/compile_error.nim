let first = "first"
echo first
echo here
