print("first")

print("here"
print("last")
