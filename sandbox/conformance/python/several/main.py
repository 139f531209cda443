from other import greeting

print(greeting())
